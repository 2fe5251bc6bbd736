#include "actors/room.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>
#include <utility>

#include "actors/room_asks.hpp"
#include "actors/room_changes.hpp"
#include "actors/room_history.hpp"
#include "actors/room_members.hpp"
#include "actors/room_reactions.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"
#include "model/wire.hpp"

namespace chat {

namespace {

// --- Posts -------------------------------------------------------------------------------------

void refuse(room_state& st, room_state::pending& p, const failure& why) {
  st.changing.erase(p.what->target);
  add(st.node->counters.posts_refused);
  if (p.from) {
    send_error(st, p.from, why, p.what->client_id);
    give_receipt(st, p.from, 1 + p.copies);
  } else {
    p.answer.deliver(submit_reply(tl::unexpected(why)));
  }
}

// A retry of a message the room has: the sender gets its own copy again, nobody else anything.
void answer_again(room_state& st, room_state::pending& p, const known_posts::entry& first) {
  if (!p.from) {
    p.answer.deliver(submit_reply(submitted{first.seq, first.timestamp_ms, {}, true}));
    return;
  }
  p.what->seq = first.seq;
  p.what->timestamp_ms = first.timestamp_ms;
  std::string bytes;
  append_own_message(bytes, *p.what);
  tell(st, {step::kind::send, p.from, frame(std::move(bytes))});
  give_receipt(st, p.from);
}

// A retry that overtook the commit: it is answered by the first one's broadcast.
bool joins_one_under_way(room_state& st, room_state::pending& p) {
  for (auto* batch : {&st.in_flight, &st.gathering})
    for (auto& other : *batch) {
      if (other.what->client_id != p.what->client_id || other.what->author != p.what->author)
        continue;
      if (!other.from || other.from != p.from) return false;
      ++other.copies;
      return true;
    }
  return false;
}

failure other_text() {
  return make_failure(errc::duplicate_conflict, "clientMessageId was used before for another text");
}
failure first_under_way() {
  return make_failure(errc::overloaded, "The first message with this id is under way");
}

// True when the post is a retry and has been answered, or will be.
bool is_retry(room_state& st, room_state::pending& p) {
  const auto* first = st.known.find(*p.what);
  if (!first) return false;
  if (!first->has_text(p.what->text)) {
    refuse(st, p, other_text());
    return true;
  }
  if (first->seq > 0) {
    answer_again(st, p, *first);
    return true;
  }
  if (joins_one_under_way(st, p)) return true;
  refuse(st, p, first_under_way());
  return true;
}

// The loop that has most of the members; for a room without any, one of them all.
lane& home_of(const room_state& st) {
  const auto most = std::ranges::max_element(st.shares, {}, &room_state::share::count);
  if (most != st.shares.end() && most->count > 0) return *most->to;
  const auto& lanes = st.node->lanes;
  return *lanes[std::hash<std::string>{}(st.definition.id) % lanes.size()];
}

// What gathers goes at the end of the loop's turn; while a batch is with the storage, after it.
void await_turn_over(room_actor* self) {
  auto& st = self->state;
  if (st.gathering.empty() || !st.in_flight.empty() || std::exchange(st.paced, true)) return;
  home_of(st).pace(caf::actor_cast<caf::actor>(self));
}

// As much of what gathered as may be published at once; the rest goes after it.
append take_batch(room_actor* self, std::size_t bytes_max) {
  auto& st = self->state;
  std::size_t bytes = 0;
  auto end = st.gathering.begin();
  while (end != st.gathering.end() && (bytes += encoded_bytes_max(*end->what)) <= bytes_max) ++end;
  if (end == st.gathering.end()) {
    st.in_flight = std::exchange(st.gathering, {});
  } else {
    end = std::max(end, st.gathering.begin() + 1);
    st.in_flight.assign(std::move_iterator(st.gathering.begin()), std::move_iterator(end));
    st.gathering.erase(st.gathering.begin(), end);
  }
  auto batch = std::make_shared<std::vector<message_ptr>>();
  batch->reserve(st.in_flight.size());
  for (const auto& p : st.in_flight) batch->push_back(p.what);
  return {caf::actor_cast<caf::actor>(self), st.definition.id, std::move(batch)};
}

void on_turn_over(room_actor* self) {
  auto& st = self->state;
  st.paced = false;
  home_of(st).store(take_batch(self, limits::publish_bytes_max));
}

submit_reply try_post(const room_state& st, const message& m) {
  if (const auto* first = st.known.find(m)) {
    if (!first->has_text(m.text)) return tl::unexpected(other_text());
    if (first->seq == 0) return tl::unexpected(first_under_way());
    return submitted{first->seq, first->timestamp_ms, {}, true};
  }
  if (auto why = why_no_place(st, m)) return tl::unexpected(std::move(*why));
  return submitted{};
}

}  // namespace

std::optional<failure> why_no_place(const room_state& st, const message& m) {
  if (st.closing)
    return make_failure(errc::overloaded, "The room is being deleted",
                        "Try again in a few seconds: then it is gone, or goes on");
  if (st.gathering.size() + st.in_flight.size() >= limits::room_pending_posts_max)
    return make_failure(errc::overloaded, "The room has too many messages under way");
  if (read(st.node->counters.waiting_bytes) + m.bytes() > limits::waiting_bytes_max)
    return make_failure(errc::overloaded, "Too many messages wait for the disk");
  return std::nullopt;
}

void accept_post(room_actor* self, room_state::pending p) {
  auto& st = self->state;
  st.touched = true;
  if (is_retry(st, p)) return hand_over(st);
  if (auto why = why_no_place(st, *p.what)) {
    refuse(st, p, *why);
    return hand_over(st);
  }
  add(st.node->counters.waiting_bytes, p.what->bytes());
  p.what->seq = st.next_seq++;
  p.what->timestamp_ms = wall_clock_ms();
  st.known.remember(*p.what, 0);
  st.gathering.push_back(std::move(p));
  await_turn_over(self);
}

namespace {

// One block for the whole batch; the senders that gave their messages an id get them in it.
void publish(room_state& st) {
  tell_presence(st);
  std::string block;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> parts;  // of the block, by message
  for (const auto& p : st.in_flight) {
    const auto begin = static_cast<std::uint32_t>(block.size());
    append_message(block, *p.what);
    parts.emplace_back(begin, static_cast<std::uint32_t>(block.size()));
  }
  const frame bytes(std::move(block));
  for (auto& share : st.shares) {
    if (share.count == 0) continue;
    step s{step::kind::publish, nullptr, bytes};
    s.newest = st.in_flight.back().what->seq;
    for (std::size_t i = 0; i < st.in_flight.size(); ++i) {
      const auto& p = st.in_flight[i];
      if (!p.from || p.what->client_id.empty() || &p.from->home() != share.to ||
          !st.members.contains(p.from.get()))
        continue;
      std::string own;
      append_own_message(own, *p.what);
      s.own.push_back({p.from, parts[i].first, parts[i].second, frame(std::move(own))});
    }
    share.steps.push_back(std::move(s));
  }
  add(st.node->counters.messages_out, st.in_flight.size() * st.members.size());
}

void on_committed(room_actor* self) {
  auto& st = self->state;
  publish(st);
  std::vector<message_ptr> published;
  if (!st.waiting.by_deadline.empty())
    for (const auto& p : st.in_flight) published.push_back(p.what);
  for (auto& p : st.in_flight) {
    st.committed_seq = p.what->seq;
    if (p.author) ++p.author->sent;
    st.known.remember(*p.what, p.what->seq);
    st.tail.push(p.what);
    if (p.what->kind != message_kind::said) apply_change(st, *p.what);
    if (p.from)
      give_receipt(st, p.from, 1 + p.copies);
    else
      p.answer.deliver(
          submit_reply(submitted{p.what->seq, p.what->timestamp_ms, std::move(p.text_before)}));
  }
  st.gauge->published += st.in_flight.size();
  st.gauge->lately.add(st.in_flight.size(), node_time_ms(*self, *st.node));
  st.gauge->committed = st.committed_seq;
  add(st.node->counters.messages_in, st.in_flight.size());
  wake_readers(self, published);
}

// Once nothing is under way: all that was given out is stored, or never will be.
void answer_closing(room_state& st) {
  if (st.closing && st.closing->pending() && st.gathering.empty() && st.in_flight.empty())
    st.closing->deliver(sequence{st.next_seq - 1});
}

void on_receipt(room_actor* self, const receipt& r) {
  auto& st = self->state;
  for (const auto& p : st.in_flight) subtract(st.node->counters.waiting_bytes, p.what->bytes());
  if (r.why_not) {
    for (auto& p : st.in_flight) {
      st.known.forget(*p.what);
      refuse(st, p, *r.why_not);
    }
  } else {
    on_committed(self);
  }
  st.in_flight.clear();
  hand_over(st);
  await_turn_over(self);
  answer_closing(st);
}

// --- Other events ------------------------------------------------------------------------------

void on_typing(room_state& st, const room_typing& t) {
  std::string bytes;
  append_typing(bytes, t.nickname);
  tell_all(st, frame(std::move(bytes)), t.from);
  give_receipt(st, t.from);
  hand_over(st);
}

// --- Life --------------------------------------------------------------------------------------

// Idle rooms give their tail back; the look is due again only while there is something to drop.
void on_tick(room_actor* self) {
  auto& st = self->state;
  if (!std::exchange(st.touched, false) && st.in_flight.empty() && st.gathering.empty()) {
    st.tail.drop(st.committed_seq);
    st.known.shrink();
  }
  self->delayed_send(self, limits::room_idle_timeout, tick{});
}

caf::behavior running(room_actor* self) {
  return {
      [self](join& j) { on_join(self, j); },
      [self](leave& l) { on_leave(self, l); },
      [self](presence_due) {
        self->state.untold.is_due = false;
        tell_presence(self->state);
        hand_over(self->state);
      },
      [self](room_post& p) {
        accept_post(self, {std::move(p.what), std::move(p.from), {}, p.author});
      },
      [self](submit& s) -> caf::result<submit_reply> {
        if (s.dry_run) return try_post(self->state, *s.what);
        auto answer = self->make_response_promise<submit_reply>();
        accept_post(self, {std::move(s.what), nullptr, answer, s.author});
        return answer;
      },
      [self](change_message& c) { return change(self, c); },
      [self](const receipt& r) { on_receipt(self, r); },
      [self](const room_notice& n) {
        tell(self->state, {step::kind::send, n.to, n.bytes});
        hand_over(self->state);
      },
      [self](const room_typing& t) { on_typing(self->state, t); },
      [self](const room_reaction& r) { on_reaction(self, r); },
      [self](const read_history& r) { return read_or_wait(self, r); },
      [self](const read_back& r) { return read_room_back(self, r); },
      [self](const list_members& q) { return members_of(self->state, q); },
      [self](readers_late) { answer_late_readers(self); },
      [self](const stop_waiting& s) { answer_reader_of(self, s); },
      [self](end_waiting) { answer_all_readers(self); },
      [self](turn_over) { on_turn_over(self); },
      [self](room_changed& c) {
        self->state.definition = std::move(c.definition);
        answer_all_readers(self);  // who may not see the room any more finds out by asking again
      },
      [self](close_room) {
        auto answer = self->make_response_promise<sequence>();
        self->state.closing = answer;
        answer_all_readers(self);
        answer_closing(self->state);
        return answer;
      },
      [self](reopen_room) { self->state.closing.reset(); },
      [self](tick) { on_tick(self); },
  };
}

void on_tail(room_actor* self, tail_loaded& loaded);

// Without its newest message a room cannot tell which id comes next: it has no members until that
// can be read, and whoever asks is told so.
caf::behavior unreadable(room_actor* self) {
  const auto why = make_failure(errc::storage_unavailable, "The room cannot be read at the moment",
                                "Try again in a few seconds, or use another room");
  return {
      [self](tail_loaded& loaded) { on_tail(self, loaded); },
      [self](join& j) {
        self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                   join_refused{std::move(j.out), close::internal});
      },
      [why](const submit&) { return submit_reply(tl::unexpected(why)); },
      [why](const change_message&) { return submit_reply(tl::unexpected(why)); },
      [why](const read_history&) { return page_reply(tl::unexpected(why)); },
      [why](const read_back&) { return page_reply(tl::unexpected(why)); },
      [](const list_members&) { return member_list(); },  // nobody comes in
      [self](close_room) {                                // so that it can be deleted
        self->delegate(self->state.storage, load_last{self->state.definition.id});
        return caf::delegated<sequence>{};
      },
  };
}

void on_tail(room_actor* self, tail_loaded& loaded) {
  auto& st = self->state;
  if (!loaded.tail) {
    if (!std::exchange(st.unreadable, true))
      spdlog::error("room {} cannot be used: {}. {}", st.definition.id, loaded.tail.error().message,
                    loaded.tail.error().suggestion);
    self->delayed_send(st.storage, limits::recover_interval, load_tail{st.definition.id});
    return self->become(unreadable(self));
  }
  for (const auto& m : loaded.tail->messages) {
    st.committed_seq = m->seq;
    st.known.remember(*m, m->seq);
  }
  st.tail.load(std::move(loaded.tail->messages), !loaded.tail->has_more, loaded.removed);
  st.gauge->committed = st.committed_seq;
  st.next_seq = std::max(st.committed_seq, loaded.floor) + 1;
  self->delayed_send(self, limits::room_idle_timeout, tick{});
  self->become(running(self));
}

}  // namespace

caf::behavior make_room(room_actor* self, room_definition definition, const node_context* node,
                        caf::actor storage, std::shared_ptr<room_gauge> gauge) {
  auto& st = self->state;
  st.definition = std::move(definition);
  st.node = node;
  st.storage = std::move(storage);
  st.gauge = std::move(gauge);
  st.known.count_in(st.node->counters.client_ids);
  self->set_exit_handler([self](const caf::exit_msg& m) {
    // What is in flight is with the storage actor, which commits it before it ends. The rest goes
    // there directly: the loop might come too late.
    auto& st = self->state;
    answer_all_readers(self);
    st.known.clear();
    give_up_asks(self);
    if (!st.gathering.empty())
      self->send(st.storage, writes{{take_batch(self, ~std::size_t{0})}, {}, &home_of(st)});
    self->quit(m.reason);
  });
  self->set_default_handler(caf::skip);  // until the tail is here, everything waits its turn
  self->send(st.storage, load_tail{st.definition.id});
  return {[self](tail_loaded& loaded) { on_tail(self, loaded); }};
}

}  // namespace chat
