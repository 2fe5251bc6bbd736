#include "actors/room_members.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <tuple>
#include <utility>

#include "actors/room_history.hpp"
#include "model/ids.hpp"
#include "model/wire.hpp"

namespace chat {

// --- Lanes -------------------------------------------------------------------------------------

room_state::share& share_of(room_state& st, lane& to) {
  for (auto& s : st.shares)
    if (s.to == &to) return s;
  return st.shares.emplace_back(room_state::share{&to, std::make_shared<roster>(), 0, {}});
}

void tell(room_state& st, step s) {
  auto& share = share_of(st, s.to->home());
  share.steps.push_back(std::move(s));
}

// Whoever came since the block began gets what lies behind its welcome.
void tell_presence(room_state& st) {
  if (st.untold.block.empty()) return;
  const auto newcomers = std::exchange(st.untold.newcomers, {});
  const frame bytes(std::exchange(st.untold.block, {}));
  for (auto& share : st.shares) {
    if (share.count == 0) continue;
    step s{step::kind::publish, nullptr, bytes};
    for (const auto& [out, begin] : newcomers)
      if (&out->home() == share.to && st.members.contains(out.get()))
        s.own.push_back({out, 0, begin, {}});
    share.steps.push_back(std::move(s));
  }
}

void tell_all(room_state& st, const frame& bytes, const outbox_ptr& except) {
  tell_presence(st);
  for (auto& share : st.shares)
    if (share.count > 0) share.steps.push_back({step::kind::publish, except, bytes});
}

void hand_over(room_state& st) {
  for (auto& share : st.shares)
    if (!share.steps.empty()) share.to->deliver({share.members, std::exchange(share.steps, {})});
}

void give_receipt(room_state& st, const outbox_ptr& to, std::uint32_t posts) {
  tell(st, {.what = step::kind::receipt, .to = to, .posts = posts});
}

void send_error(room_state& st, const outbox_ptr& to, const failure& why,
                std::string_view client_id) {
  std::string bytes;
  append_error(bytes, why, client_id);
  tell(st, {step::kind::send, to, frame(std::move(bytes))});
  add(st.node->counters.events_refused);
}

// --- Members -----------------------------------------------------------------------------------

namespace {

void tell_soon(room_actor* self) {
  auto& st = self->state;
  if (st.untold.block.size() > limits::publish_bytes_max) tell_presence(st);
  if (!st.untold.block.empty() || std::exchange(st.untold.is_due, true)) return;
  if (st.members.size() <= limits::presence_members_max)
    self->send(self, presence_due{});
  else
    self->delayed_send(self, limits::presence_interval, presence_due{});
}

frame welcome_frame(const room_state& st, const std::string& session_id) {
  std::vector<std::string> nicknames;
  for (const auto& [out, one] : st.members) {
    if (nicknames.size() == limits::welcome_nicknames_max) break;
    nicknames.push_back(one.nickname);
  }
  std::ranges::sort(nicknames);
  std::string bytes;
  append_welcome(bytes,
                 {st.definition.id, session_id, nicknames, st.members.size(), st.committed_seq});
  return frame(std::move(bytes));
}

// What was missed, as the one who comes back gets it: its own messages with the ids it gave them.
struct replay {
  std::string gap;          // tells of what does not fit, or is not held any more
  std::string block;        // the messages, and that this was all
  std::size_t skipped = 0;  // of the block: what does not fit an outbox
  std::uint64_t messages = 0;
};

replay encode_missed(const history_page& missed, const join& j, sequence committed) {
  replay r;
  std::vector<std::size_t> begins;  // of each message, and the end of all
  for (const auto& m : missed.messages) {
    begins.push_back(r.block.size());
    if (is_from_session(*m, j.session_id))
      append_own_message(r.block, *m);
    else
      append_message(r.block, *m);
  }
  begins.push_back(r.block.size());
  std::size_t first = 0;
  while (r.block.size() - begins[first] > limits::catch_up_bytes_max) ++first;
  r.skipped = begins[first];
  r.messages = missed.messages.size() - first;
  const bool is_restored = missed.restart_at.has_value();
  if (missed.has_more || missed.is_truncated || first > 0 || is_restored)
    append_history_gap(r.gap, missed.restart_at.value_or(*j.since),
                       r.messages > 0 ? missed.messages[first]->seq : committed + 1, is_restored);
  append_caught_up(r.block, committed);
  return r;
}

// The session's older connection goes; the others need not know.
void give_way(room_state& st, const outbox_ptr& older) {
  if (st.members.erase(older.get()) == 0) return;
  --share_of(st, older->home()).count;
  tell_presence(st);  // while its place in it is known
  tell(st, {step::kind::remove, older});
  tell(st, {.what = step::kind::close, .to = older, .why = close::taken_over});
}

void admit(room_actor* self, const caf::actor& session, const join& j, const history_page* missed) {
  auto& st = self->state;
  if (st.closing) {  // which may fail: the token stays good until then
    self->send(session, join_refused{j.out, close::internal});
    return;
  }
  room_member one{j.nickname, j.user_id, j.kind, wall_clock_ms(), ++st.members_made};
  const bool replaces = j.replaces && st.members.contains(j.replaces.get());
  if (!replaces && st.members.size() >= st.definition.participants_max) {
    self->send(session, join_refused{j.out, close::room_full});
    return;
  }
  if (replaces) {
    one.since_ms = st.members.at(j.replaces.get()).since_ms;
    give_way(st, j.replaces);
  } else {
    tell_soon(self);
    append_user_joined(st.untold.block, j.nickname, one.since_ms);
    st.untold.newcomers.emplace_back(j.out, static_cast<std::uint32_t>(st.untold.block.size()));
  }
  st.members.emplace(j.out.get(), std::move(one));
  st.gauge->participants = static_cast<std::uint32_t>(st.members.size());
  if (!replaces) st.node->news->tell(st.definition);
  ++share_of(st, j.out->home()).count;
  tell(st, {step::kind::add, j.out});
  tell(st, {.what = step::kind::send,
            .to = j.out,
            .bytes = welcome_frame(st, j.session_id),
            .newest = st.committed_seq});
  std::uint64_t replayed = 0;
  auto since = j.since;
  if (missed) {
    if (missed->restart_at) since = missed->restart_at;
    auto r = encode_missed(*missed, j, st.committed_seq);
    replayed = r.messages;
    if (!r.gap.empty()) tell(st, {step::kind::send, j.out, frame(std::move(r.gap))});
    const frame block(std::move(r.block));
    tell(st, {step::kind::send, j.out, block.slice(r.skipped, block.size() - r.skipped)});
    add(st.node->counters.messages_out, replayed);
  }
  step attach{step::kind::attach, j.out};
  attach.session = session;
  attach.user_id = j.user_id;
  tell(st, std::move(attach));
  // The session must know before its connection can: events of the connection follow the attach.
  self->send(session, joined{j.out, st.gauge->published, replayed, st.committed_seq, since});
  hand_over(st);
}

}  // namespace

void on_join(room_actor* self, join& j) {
  auto session = caf::actor_cast<caf::actor>(self->current_sender());
  if (!j.since || self->state.closing) return admit(self, session, j, nullptr);
  find_missed(self, *j.since, [self, session, j](const page_reply& missed) {
    if (missed) return admit(self, session, j, &*missed);
    self->send(session, join_refused{j.out, close::internal});
  });
}

void on_leave(room_actor* self, leave& l) {
  auto& st = self->state;
  const auto found = st.members.find(l.out.get());
  if (found != st.members.end()) {
    const auto nickname = std::move(found->second.nickname);
    st.members.erase(found);
    st.gauge->participants = static_cast<std::uint32_t>(st.members.size());
    st.node->news->tell(st.definition);
    --share_of(st, l.out->home()).count;
    tell(st, {step::kind::remove, l.out});
    tell_soon(self);
    append_user_left(st.untold.block, nickname, wall_clock_ms());
  }
  if (l.why) tell(st, {.what = step::kind::close, .to = l.out, .why = l.why});
  hand_over(st);
}

member_list members_of(const room_state& st, const list_members& q) {
  const auto place = [](const auto& m) { return std::tie(m.since_ms, m.nickname, m.number); };
  const auto comes_first = [&](const room_member* a, const room_member* b) {
    return place(*a) < place(*b);
  };
  std::vector<const room_member*> behind;
  for (const auto& [out, one] : st.members)
    if (!q.after || place(one) > place(*q.after)) behind.push_back(&one);
  const auto count = std::min(behind.size(), q.limit);
  std::ranges::partial_sort(behind, behind.begin() + static_cast<std::ptrdiff_t>(count),
                            comes_first);
  member_list list{{}, st.members.size(), behind.size() > count};
  for (std::size_t i = 0; i < count; ++i) list.members.push_back(*behind[i]);
  return list;
}

}  // namespace chat
