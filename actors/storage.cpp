#include "actors/storage.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <limits>
#include <utility>

#include "actors/search.hpp"
#include "actors/storage_removal.hpp"
#include "storage/store.hpp"

namespace chat {

namespace {

failure unavailable() {
  return make_failure(errc::storage_unavailable, "The message could not be stored");
}

void answer(writes w, const std::optional<failure>& why_not) {
  auto* home = w.home;
  home->post([w = std::move(w), answer = caf::make_message(receipt{why_not})] {
    for (const auto& batch : w.batches) caf::anon_send(batch.room, answer);
    for (const auto& s : w.sessions) caf::anon_send(s.session, answer);
  });
}

void answer_all(storage_actor* self, const std::optional<failure>& why_not) {
  auto& st = self->state;
  for (auto& w : std::exchange(st.taken, {})) answer(std::move(w), why_not);
  for (auto& asker : std::exchange(st.askers, {}))
    asker.deliver(why_not ? stored_reply(tl::unexpected(*why_not)) : stored_reply(true));
}

void start_failing(storage_actor* self, const failure& why) {
  auto& st = self->state;
  st.failing = true;
  st.node->counters.storage_failing = 1;
  add(st.node->counters.commit_failures);
  spdlog::error("storage: cannot commit: {}. Messages are refused until writing works again",
                why.message);
  self->delayed_send(self, limits::recover_interval, tick{});
}

std::uint64_t micros(std::chrono::steady_clock::duration time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

// What is due gathers for a while: it is not missed, and somebody may be waiting for a commit.
constexpr auto index_pause = std::chrono::milliseconds(20);

void index_soon(storage_actor* self, std::chrono::microseconds pause = index_pause) {
  auto& st = self->state;
  if (!st.db->words_are_due() || std::exchange(st.indexing, true)) return;
  self->delayed_send(self, pause, words_due{});
}

}  // namespace

std::chrono::microseconds pause_after(std::chrono::steady_clock::duration took) {
  return std::clamp(
      std::chrono::duration_cast<std::chrono::microseconds>(took) * (limits::background_share - 1),
      std::chrono::microseconds(1'000), std::chrono::microseconds(1'000'000));
}

failure cannot_store() {
  return make_failure(errc::storage_unavailable, "The room could not be stored",
                      "Call again in a few seconds");
}

void commit(storage_actor* self) {
  auto& st = self->state;
  st.commit_due = false;
  if (st.db->staged_bytes() == 0) return answer_all(self, std::nullopt);
  const auto begin = std::chrono::steady_clock::now();
  const auto done = st.db->commit();
  const auto end = std::chrono::steady_clock::now();
  auto& counters = st.node->counters;
  add(counters.commits);
  counters.commit_times.observe(micros(end - begin));
  counters.commit_batches.observe(std::exchange(st.messages_taken, 0));
  if (!st.taken.empty() || !st.askers.empty()) {
    counters.commit_lag_micros = micros(end - st.first_taken);
    counters.commit_waits.observe(micros(end - st.first_taken));
  }
  if (done) {
    index_soon(self);
    answer_all(self, std::nullopt);
    return look_after_deleted(self);
  }
  start_failing(self, done.error());
  answer_all(self, unavailable());
}

namespace {

// A stretch is in a batch of its own: it is made of what is committed. The longer that took, the
// longer is the pause.
void on_words_due(storage_actor* self) {
  auto& st = self->state;
  commit(self);
  const auto begin = std::chrono::steady_clock::now();
  if (!st.failing)
    if (const auto done = st.db->stage_due_words(); !done)
      spdlog::warn("storage: words cannot be indexed, searches take longer: {}",
                   done.error().message);
  commit(self);
  st.indexing = false;
  if (st.failing) return;  // on_tick begins anew
  index_soon(self, pause_after(std::chrono::steady_clock::now() - begin));
}

// Behind everything that is queued already.
void commit_soon(storage_actor* self) {
  auto& st = self->state;
  if (st.db->staged_bytes() >= limits::batch_bytes_max) return commit(self);
  if (!std::exchange(st.commit_due, true)) self->send(self, commit_now{});
}

}  // namespace

void schedule_commit(storage_actor* self) {
  auto& st = self->state;
  if (st.taken.size() + st.askers.size() == 1) st.first_taken = std::chrono::steady_clock::now();
  commit_soon(self);
}

namespace {

// False when it cannot be: a change is about something damaged. Its room is told at once.
bool stage(storage_actor* self, const writes& w, const append& batch) {
  const auto staged = self->state.db->stage_messages(batch.room_id, *batch.messages);
  if (staged) return true;
  spdlog::error("room {}: a message cannot be changed: {}. {}", batch.room_id,
                staged.error().message, staged.error().suggestion);
  w.home->post([room = batch.room, answer = caf::make_message(receipt{unavailable()})] {
    caf::anon_send(room, answer);
  });
  return false;
}

void on_writes(storage_actor* self, writes& w) {
  auto& st = self->state;
  if (st.failing) return answer(std::move(w), unavailable());
  std::erase_if(w.batches, [&](const append& batch) { return !stage(self, w, batch); });
  if (w.batches.empty() && w.sessions.empty()) return;
  for (const auto& batch : w.batches) st.messages_taken += batch.messages->size();
  for (const auto& s : w.sessions) st.db->stage_session(s.record);
  st.taken.push_back(std::move(w));
  schedule_commit(self);
}

// Nobody waits for it. What a failing store keeps, the next start removes.
void on_remove_session(storage_actor* self, const remove_session& r) {
  auto& st = self->state;
  if (st.failing) return;
  st.db->stage_no_session(r.number);
  commit_soon(self);
}

// What `stage` adds to the batch is answered once it is committed.
template <class Stage>
caf::result<stored_reply> answer_stored(storage_actor* self, Stage stage) {
  auto answer = self->make_response_promise<stored_reply>();
  store_for(self, answer, stage);
  return answer;
}

/// What the store read; where it could not, without the words that are for the operator only.
template <class Read>
Read for_people(Read read, const std::string& room_id) {
  if (read) return read;
  spdlog::error("room {}: history cannot be read: {}. {}", room_id, read.error().message,
                read.error().suggestion);
  return tl::unexpected(make_failure(errc::storage_unavailable,
                                     "This part of the room's history cannot be read",
                                     "Try again in a few seconds, or read another part of it"));
}

void on_tick(storage_actor* self) {
  auto& st = self->state;
  if (!st.failing) return;
  const auto works = st.db->recover();
  if (!works) {
    self->delayed_send(self, limits::recover_interval, tick{});
    return;
  }
  st.failing = false;
  st.node->counters.storage_failing = 0;
  spdlog::info("storage: writing works again");
  index_soon(self);
}

// Whether the room has that position. Where that is damaged, who reads that part is told.
page_reply look_for_position(const store& db, const std::string& room_id, sequence at,
                             page_reply page) {
  if (!page || at == 0) return page;
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  const auto newest = db.load_newest(room_id, 0, 1, all, at + 1);
  const auto removed = db.removed_up_to();
  if (!newest || !removed) return page;
  mark_position(*page, at, newest->messages.empty() ? 0 : newest->messages.back()->seq, *removed);
  return page;
}

}  // namespace

caf::behavior make_storage(storage_actor* self, std::shared_ptr<store> db,
                           const node_context* node) {
  self->state.db = std::move(db);
  self->state.node = node;
  auto& st = self->state;
  st.search = self->getf(caf::abstract_actor::is_detached_flag)
                  ? self->spawn<caf::detached>(make_search, st.db)
                  : self->spawn(make_search, st.db);
  index_soon(self);
  look_after_deleted(self);
  self->set_exit_handler([self](const caf::exit_msg& m) {
    auto& st = self->state;
    st.db->stop_erasing();
    commit(self);  // what was taken is answered before the end
    for (auto* helper : {&st.search, &st.eraser})
      if (*helper)
        self->send_exit(std::exchange(*helper, nullptr), caf::exit_reason::user_shutdown);
    self->quit(m.reason);
  });
  return {
      [self](writes& w) { on_writes(self, w); },
      [self](const remove_session& r) { on_remove_session(self, r); },
      [self](commit_now) { commit(self); },
      [self](store_room& s) { return on_store_room(self, s); },
      [self](const remove_room& r) {
        return answer_stored(self, [&](store& db) { db.stage_no_room(r.room_id, r.floor); });
      },
      [self](const store_webhook& w) {
        return answer_stored(self, [&](store& db) { db.stage_webhook(w.record); });
      },
      [self](const remove_webhook& w) {
        return answer_stored(self, [&](store& db) { db.stage_no_webhook(w.number); });
      },
      [self](const remove_more& r) { on_remove_more(self, r); },
      [self](erase_due) { on_erase_due(self); },
      [self](const load_last& q) -> caf::result<sequence> {
        auto last = self->state.db->last_given_out(q.room_id);
        if (!last) return caf::sec::runtime_error;
        return *last;
      },
      [self](const load_page& q) -> page_reply {
        const auto& db = *self->state.db;
        return look_for_position(db, q.room_id, q.after,
                                 for_people(db.load_after(q.room_id, q.after, q.limit), q.room_id));
      },
      [self](const load_missed& q) -> page_reply {
        const auto& db = *self->state.db;
        return look_for_position(db, q.room_id, q.after,
                                 for_people(db.load_newest(q.room_id, q.after, limits::catch_up_max,
                                                           limits::catch_up_bytes_max),
                                            q.room_id));
      },
      [self](const load_tail& q) {
        auto tail = self->state.db->load_newest(q.room_id, 0, limits::room_tail_messages_max,
                                                limits::room_tail_bytes_max);
        const auto removed = self->state.db->removed_up_to();
        self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                   tail_loaded{std::move(tail), self->state.db->floor(), removed.value_or(0)});
      },
      [self](const load_back& q) -> page_reply {
        constexpr auto all = std::numeric_limits<std::size_t>::max();
        const auto& db = *self->state.db;
        auto page = for_people(db.load_newest(q.room_id, 0, q.limit, all, q.before), q.room_id);
        if (!q.is_position) return page;
        page = look_for_position(db, q.room_id, q.before, std::move(page));
        if (page) page->is_truncated = false;
        return page;
      },
      [self](const load_first& q) -> first_reply {
        return for_people(self->state.db->first_sequence(q.room_id), q.room_id);
      },
      [self](const store_answer& s) {
        return answer_stored(self, [&](store& db) { db.stage_answer(s.answer); });
      },
      [self](const load_answer& q) -> answer_reply {
        return self->state.db->answer(q.user_id, q.key);
      },
      [self](const sweep_answers& s) -> sweep_reply {
        if (self->state.failing) return tl::unexpected(cannot_store());
        auto swept = self->state.db->stage_no_answers(s.from, s.kept_before_ms,
                                                      limits::kept_answers_per_sweep);
        commit_soon(self);
        return swept;
      },
      [self](search_messages& q) {
        self->delegate(self->state.search, std::move(q));
        return caf::delegated<search_reply>{};
      },
      [self](words_due) { on_words_due(self); },
      [self](tick) { on_tick(self); },
  };
}

}  // namespace chat
