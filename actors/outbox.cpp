#include "actors/outbox.hpp"

#include <cassert>
#include <utility>

namespace chat {

namespace {

// What one member with parts of its own gets: the shared block around them.
void send_around(outbox& to, const frame& block, const std::vector<personal_part>& own) {
  std::uint32_t done = 0;
  for (const auto& part : own) {
    if (part.to.get() != &to) continue;
    if (part.begin > done) to.send(block.slice(done, part.begin - done));
    if (!part.bytes.empty()) to.send(part.bytes);
    done = part.end;
  }
  if (done < block.size()) to.send(block.slice(done, block.size() - done));
}

}  // namespace

void deliver(step s) {
  auto& home = s.to->home();
  delivery work;
  work.steps.push_back(std::move(s));
  home.deliver(std::move(work));
}

void apply(delivery& work) {
  auto* members = work.members ? &work.members->members : nullptr;

  const auto add = [&](outbox_ptr& to) {
    to->roster_index_ = static_cast<std::uint32_t>(members->size());
    members->push_back(to);
  };
  const auto remove = [&](outbox_ptr& to) {
    const auto index = to->roster_index_;
    assert(index < members->size() && (*members)[index] == to);
    (*members)[index] = std::move(members->back());
    (*members)[index]->roster_index_ = index;
    members->pop_back();
  };
  const auto publish = [&](step& s) {
    if (s.to) s.to->skipped_ = true;
    for (const auto& part : s.own) part.to->skipped_ = true;
    for (const auto& m : *members) {
      if (s.newest > 0) m->given_ = s.newest;
      if (!m->skipped_) m->send(s.bytes);
    }
    if (s.to) s.to->skipped_ = false;
    for (const auto& part : s.own) {
      if (!std::exchange(part.to->skipped_, false)) continue;
      send_around(*part.to, s.bytes, s.own);
    }
  };

  for (auto& s : work.steps) {
    switch (s.what) {
      case step::kind::add:
        add(s.to);
        break;
      case step::kind::remove:
        remove(s.to);
        break;
      case step::kind::publish:
        publish(s);
        break;
      case step::kind::send:
        if (s.newest > 0) s.to->given_ = s.newest;
        s.to->send(s.bytes);
        break;
      case step::kind::receipt:
        s.to->receipt(s.posts);
        break;
      case step::kind::attach:
        s.to->attached(s.session, s.user_id);
        break;
      case step::kind::close:
        s.to->close(*s.why);
        break;
    }
  }
}

}  // namespace chat
