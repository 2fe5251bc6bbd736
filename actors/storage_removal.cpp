#include "actors/storage_removal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <memory>
#include <utility>

#include "actors/eraser.hpp"
#include "storage/store.hpp"

namespace chat {

namespace {

using clock = std::chrono::steady_clock;

void remove_soon(storage_actor* self, const std::string& room_id) {
  if (self->state.removals.try_emplace(room_id).second) self->send(self, remove_more{room_id});
}

void end_removal(storage_actor* self, const std::string& room_id, const result<bool>& done) {
  auto& st = self->state;
  auto ended = st.removals.extract(room_id);
  if (!done) st.unremovable.insert(room_id);
  for (auto& [definition, answer] : ended.mapped().wait) {
    if (!done)
      answer.deliver(stored_reply(tl::unexpected(make_failure(
          errc::storage_unavailable, "What a deleted room of this id left cannot be removed",
          "Use another room id; the operator finds the reason in the log"))));
    else
      store_for(self, answer, [&](store& db) { db.stage_room(definition); });
  }
}

void erase_after(storage_actor* self, std::chrono::milliseconds pause) {
  auto& st = self->state;
  if (!st.db->has_erasures() || std::exchange(st.erase_is_planned, true)) return;
  self->delayed_send(self, pause, erase_due{});
}

void on_erased(storage_actor* self, const std::vector<erasure>& what, const stored_reply& done,
               clock::duration took) {
  auto& st = self->state;
  if (!done)
    spdlog::error("storage: what was deleted cannot be taken out of the files: {}. {}",
                  done.error().message, done.error().suggestion);
  else if (*done && !st.failing)
    st.db->stage_erased(what);
  commit(self);
  st.erasing = false;
  erase_after(self, std::max<std::chrono::milliseconds>(
                        st.node->erase_after, std::chrono::ceil<std::chrono::milliseconds>(
                                                  took * (limits::background_share - 1))));
}

}  // namespace

void look_after_deleted(storage_actor* self) {
  auto& st = self->state;
  for (const auto& room_id : st.db->rooms_to_remove())
    if (!st.unremovable.contains(room_id)) remove_soon(self, room_id);
  const bool at_start = read(st.node->counters.commits) == 0;
  if (!st.erasing)
    erase_after(self, at_start ? std::min<std::chrono::milliseconds>(st.node->erase_after,
                                                                     limits::erase_start_delay)
                               : st.node->erase_after);
}

void on_remove_more(storage_actor* self, const remove_more& r) {
  auto& st = self->state;
  const auto begin = clock::now();
  if (!st.failing) {
    const auto more = st.db->stage_no_messages(r.room_id);
    commit(self);
    if (!more) {
      spdlog::error("room {}: messages of a deleted room stay: {}. {}", r.room_id,
                    more.error().message, more.error().suggestion);
      return end_removal(self, r.room_id, more);
    }
    if (!*more && !st.failing) {
      end_removal(self, r.room_id, true);
      // A large one is slow to read beside until its tombstones are gone.
      if (r.step > 0 && !st.erasing) self->send(self, erase_due{});
      return;
    }
  }
  const remove_more next{r.room_id, r.step + 1};
  if (st.failing)
    self->delayed_send(self, limits::recover_interval, next);
  else if (st.removals.at(r.room_id).wait.empty())
    self->delayed_send(self, pause_after(clock::now() - begin), next);
  else
    self->send(self, next);
}

void on_erase_due(storage_actor* self) {
  auto& st = self->state;
  st.erase_is_planned = false;
  if (st.erasing) return;
  auto what = std::make_shared<const std::vector<erasure>>(st.db->erasures_due());
  if (what->empty()) return erase_after(self, st.node->erase_after);
  if (!st.eraser)
    st.eraser = self->getf(caf::abstract_actor::is_detached_flag)
                    ? self->spawn<caf::detached>(make_eraser, st.db)
                    : self->spawn(make_eraser, st.db);
  st.erasing = true;
  const auto begin = clock::now();
  self->request(st.eraser, caf::infinite, erase_files{what})
      .then([self, what, begin](
                const stored_reply& done) { on_erased(self, *what, done, clock::now() - begin); },
            [](const caf::error&) {});  // the node is stopping
}

caf::result<stored_reply> on_store_room(storage_actor* self, store_room& s) {
  auto& st = self->state;
  auto answer = self->make_response_promise<stored_reply>();
  const auto id = s.definition.id;
  if (s.is_new && !st.failing) {
    const auto has_old = st.db->has_messages(id);
    if (!has_old || *has_old || std::ranges::count(st.db->rooms_to_remove(), id) > 0) {
      remove_soon(self, id);
      st.removals.at(id).wait.emplace_back(std::move(s.definition), answer);
      return answer;
    }
  }
  store_for(self, answer, [&](store& db) { db.stage_room(s.definition); });
  return answer;
}

}  // namespace chat
