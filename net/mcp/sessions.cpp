#include "net/mcp/sessions.hpp"

#include <algorithm>

#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "net/mcp/at_end.hpp"
#include "net/mcp/later.hpp"

namespace chat::mcp {

namespace {

// Looking through all of them takes a millisecond.
constexpr auto sweep_interval = std::chrono::seconds(10);

void end_all(const auto& entries) {
  for (const auto& e : entries) e.what->end();
}

// What a client is told when it is not known any more.
std::string farewell_of(const failure& why) {
  std::string params;
  json_writer json(params);
  json.begin_object().field("level", "error").field("logger", "chatd").key("data").begin_object();
  json.field("code", "UNAUTHORIZED").field("message", "This stream ends: " + why.message);
  json.field("suggestion", "Open it again with a valid key or token").end_object().end_object();
  return notification("notifications/message", params);
}

}  // namespace

class sessions::stream final : public http_stream,
                               public std::enable_shared_from_this<sessions::stream> {
 public:
  stream(std::shared_ptr<sessions> all, session_ptr of, std::shared_ptr<void> place, loop& home,
         std::chrono::milliseconds interval)
      : all_(std::move(all)),
        of_(std::move(of)),
        place_(std::move(place)),
        in_use_(all_->use(of_)),
        home_(home),
        interval_(interval) {}

  ~stream() override {
    of_->detach(number_);
    place_.reset();
    if (of_->what == session::kind::event_stream) all_->end(of_->id);
  }

  void on_open(stream_sender send) override {
    number_ = of_->attach(std::move(send));
    look_later();
  }

 private:
  void look_later() {
    after(home_, interval_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->look();
    });
  }
  void look() {
    const auto who = of_->who_now();
    if (who) return look_later();
    of_->end_stream(number_, farewell_of(who.error()));
  }

  const std::shared_ptr<sessions> all_;
  const session_ptr of_;
  std::shared_ptr<void> place_;
  const std::shared_ptr<void> in_use_;
  loop& home_;
  const std::chrono::milliseconds interval_;
  std::uint64_t number_ = 0;
};

session_ptr sessions::open(const std::string& user_id, session::kind what) {
  std::list<entry> ended;
  session_ptr made;
  {
    const std::lock_guard lock(mutex_);
    const auto now = bounds_.now();
    if (now - swept_ >= std::min<clock::duration>(sweep_interval, bounds_.idle_timeout))
      sweep(now, ended);
    if (auto& mine = users_[user_id]; mine.size() >= bounds_.of_user) {
      const auto is_streamable = [](const entry& e) {
        return e.what->what == session::kind::streamable;
      };
      auto goes = std::ranges::find_if(
          mine, [&](const entry& e) { return is_streamable(e) && e.uses == 0; });
      if (goes == mine.end()) goes = std::ranges::find_if(mine, is_streamable);
      if (goes != mine.end()) remove(goes, ended);
    }
    auto& mine = users_[user_id];  // the one removed may have been the last
    if (by_id_.size() < bounds_.sessions && mine.size() < bounds_.of_user) {
      made = std::make_shared<session>(new_trace_id(), user_id, what);
      by_id_.emplace(made->id, mine.insert(mine.end(), {made, now}));
    } else if (mine.empty()) {
      users_.erase(user_id);
    }
  }
  end_all(ended);
  return made;
}

session_ptr sessions::find(const std::string& id, std::string_view user_id) {
  std::list<entry> ended;
  session_ptr what;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || found->second->what->user_id != user_id) return nullptr;
    const auto it = found->second;
    if (is_idle(*it, bounds_.now())) {
      remove(it, ended);
    } else {
      touch(it);
      what = it->what;
    }
  }
  end_all(ended);
  return what;
}

void sessions::end(const std::string& id) {
  std::list<entry> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) remove(found->second, ended);
  }
  end_all(ended);
}

void sessions::touch(by_use::iterator which) {
  which->used = bounds_.now();
  auto& mine = users_.at(which->what->user_id);
  mine.splice(mine.end(), mine, which);
}

std::shared_ptr<void> sessions::use(const session_ptr& of) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(of->id);
  if (found == by_id_.end()) return nullptr;
  ++found->second->uses;
  return at_end([all = shared_from_this(), id = of->id] { all->stop_using(id); });
}

void sessions::stop_using(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  --found->second->uses;
  touch(found->second);
}

void sessions::sweep(clock::time_point now, std::list<entry>& ended) {
  swept_ = now;
  for (auto user = users_.begin(); user != users_.end();) {
    auto& mine = (user++)->second;  // it goes with its last session
    for (auto it = mine.begin(); it != mine.end() && now - it->used >= bounds_.idle_timeout;) {
      const auto which = it++;
      const bool last = mine.size() == 1;
      if (is_idle(*which, now)) remove(which, ended);
      if (last) break;
    }
  }
}

void sessions::remove(by_use::iterator which, std::list<entry>& ended) {
  by_id_.erase(which->what->id);
  const auto user = users_.find(which->what->user_id);
  ended.splice(ended.end(), user->second, which);
  if (user->second.empty()) users_.erase(user);
}

std::shared_ptr<void> sessions::take_stream() {
  const std::lock_guard lock(mutex_);
  if (streams_ >= bounds_.streams) return nullptr;
  ++streams_;
  return at_end([all = shared_from_this()] {
    const std::lock_guard again(all->mutex_);
    --all->streams_;
  });
}

std::shared_ptr<http_stream> sessions::stream_of(session_ptr of, std::shared_ptr<void> place,
                                                 loop& home,
                                                 std::chrono::milliseconds credential_interval) {
  return std::make_shared<stream>(shared_from_this(), std::move(of), std::move(place), home,
                                  credential_interval);
}

std::size_t sessions::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

std::size_t sessions::stream_count() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

}  // namespace chat::mcp
