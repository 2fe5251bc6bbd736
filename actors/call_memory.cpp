#include "actors/call_memory.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <utility>

#include "actors/protocol.hpp"
#include "model/ids.hpp"
#include "model/limits.hpp"

namespace chat {

namespace {

// User ids may hold anything, but their size stands before them.
std::string place_of(const std::string& user_id, const std::string& key) {
  return std::to_string(user_id.size()) + ':' + user_id + key;
}

std::int64_t kept_since_ms() {
  return wall_clock_ms() - std::chrono::milliseconds(limits::answers_kept_for).count();
}

failure another_call() {
  return make_failure(errc::duplicate_conflict,
                      "idempotencyKey was used before for another command or input",
                      "Give every call an idempotencyKey of its own; use it again only to send the "
                      "same call again");
}

failure too_many() {
  return make_failure(errc::overloaded, "Too many calls with an idempotencyKey in a day",
                      "Call without idempotencyKey, or wait until tomorrow");
}

failure no_store() { return make_failure(errc::storage_unavailable, "The store has ended"); }

failure still_under_way() {
  return make_failure(errc::overloaded, "The first call with this idempotencyKey is under way",
                      "Call again in a second, with the same key: its answer comes then");
}

// What the store says of it, once it says it.
recall_reply judge(const recall& q, const answer_reply& found) {
  if (!found)
    return tl::unexpected(make_failure(errc::storage_unavailable,
                                       "Nobody can tell now whether this call was run before",
                                       "Call again in a few seconds, with the same key"));
  if (*found && (*found)->kept_ms >= kept_since_ms()) {
    if ((*found)->fingerprint != q.fingerprint) return tl::unexpected(another_call());
    return recalled{(*found)->json};
  }
  return recalled{};
}

// Those under way count as kept: while the store stalls they may be as many.
bool is_full(const call_memory_state& st, const std::string& user_id) {
  const auto mine = st.kept.find(user_id);
  return (mine != st.kept.end() && mine->second >= limits::kept_answers_per_user) ||
         st.kept_in_all >= limits::kept_answers_max;
}

void begin_call(call_memory_state& st, const std::string& place, const recall& q) {
  st.under_way.emplace(place, call_memory_state::call{q.user_id, q.fingerprint});
  ++st.kept[q.user_id];
  ++st.kept_in_all;
}

// It is not kept.
void drop_call(call_memory_state& st, const std::string& place) {
  const auto at = st.under_way.find(place);
  if (at == st.under_way.end()) return;
  const auto mine = st.kept.find(at->second.user_id);
  if (--mine->second == 0) st.kept.erase(mine);
  --st.kept_in_all;
  st.under_way.erase(at);
}

caf::result<recall_reply> on_recall(call_memory_actor* self, const recall& q) {
  auto& st = self->state;
  const auto place = place_of(q.user_id, q.key);
  if (const auto first = st.under_way.find(place); first != st.under_way.end())
    return recall_reply(tl::unexpected(
        first->second.fingerprint == q.fingerprint ? still_under_way() : another_call()));
  const bool may_run = !is_full(st, q.user_id);
  const bool begins = may_run && !q.dry_run;
  if (begins) begin_call(st, place, q);
  auto answer = self->make_response_promise<recall_reply>();
  auto settle = [self, q, place, begins, may_run, answer](const answer_reply& found) mutable {
    auto judged = judge(q, found);
    if (begins && (!judged || judged->json)) drop_call(self->state, place);
    if (judged && !judged->json && !may_run) judged = tl::unexpected(too_many());
    answer.deliver(std::move(judged));
  };
  self->request(st.storage, caf::infinite, load_answer{q.user_id, q.key})
      .then([settle](const answer_reply& found) mutable { settle(found); },
            [settle](const caf::error&) mutable { settle(tl::unexpected(no_store())); });
  return answer;
}

caf::result<stored_reply> on_remember(call_memory_actor* self, remember& r) {
  auto answer = self->make_response_promise<stored_reply>();
  const auto place = place_of(r.answer.user_id, r.answer.key);
  auto settle = [self, place, answer](stored_reply stored) mutable {
    if (stored)
      self->state.under_way.erase(place);  // and stays counted
    else
      drop_call(self->state, place);
    answer.deliver(std::move(stored));
  };
  self->request(self->state.storage, caf::infinite, store_answer{std::move(r.answer)})
      .then([settle](stored_reply& stored) mutable { settle(std::move(stored)); },
            [settle](const caf::error&) mutable { settle(tl::unexpected(no_store())); });
  return answer;
}

// --- Sweeping ----------------------------------------------------------------------------------

void sweep(call_memory_actor* self, std::string from);

// At the end the counts are those of what was found, and nothing drifts.
void on_swept(call_memory_actor* self, swept_answers& swept) {
  auto& st = self->state;
  for (auto& [user_id, count] : swept.left) st.counted[user_id] += count;
  if (!swept.next.empty()) return sweep(self, std::move(swept.next));
  st.kept = std::exchange(st.counted, {});
  for (const auto& [place, call] : st.under_way) ++st.kept[call.user_id];
  st.kept_in_all = 0;
  for (const auto& [user_id, count] : st.kept) st.kept_in_all += count;
  self->delayed_send(self, limits::kept_answers_sweep_interval, tick{});
}

void sweep(call_memory_actor* self, std::string from) {
  const auto give_up = [self](const std::string& why) {
    spdlog::warn("old answers of calls stay a while longer: {}", why);
    self->state.counted.clear();
    self->delayed_send(self, limits::kept_answers_sweep_interval, tick{});
  };
  self->request(self->state.storage, caf::infinite, sweep_answers{std::move(from), kept_since_ms()})
      .then(
          [self, give_up](sweep_reply& swept) {
            if (!swept) return give_up(swept.error().message);
            on_swept(self, *swept);
          },
          [give_up](const caf::error& e) { give_up(to_string(e)); });
}

}  // namespace

caf::behavior make_call_memory(call_memory_actor* self, caf::actor storage) {
  self->state.storage = std::move(storage);
  self->send(self, tick{});
  return {
      [self](const recall& q) { return on_recall(self, q); },
      [self](remember& r) { return on_remember(self, r); },
      [self](const forget_call& f) { drop_call(self->state, place_of(f.user_id, f.key)); },
      [self](tick) { sweep(self, {}); },
  };
}

}  // namespace chat
