#include "actors/search.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

namespace chat {

namespace {

// Without the words that are for the operator only.
search_reply refuse_search(const std::string& room_id, const failure& why) {
  spdlog::error("room {}: a part of it cannot be searched: {}. {}", room_id, why.message,
                why.suggestion);
  return tl::unexpected(make_failure(errc::storage_unavailable,
                                     "A part of what is to be searched cannot be read",
                                     "Try again in a few seconds, or search another room"));
}

search_reply reply_of(search_state::under_way& one) {
  auto page = one.search->take();
  for (const auto& lost : page.unreadable) {
    auto refused = refuse_search(lost.room_id, lost.why);
    if (one.of_one_room) return refused;
  }
  return page;
}

caf::result<search_reply> on_search(search_actor* self, search_messages& q) {
  auto& st = self->state;
  const auto mine = std::ranges::count(st.searches, q.user_id, &search_state::under_way::user_id);
  if (st.searches.size() >= limits::searches_max ||
      static_cast<std::size_t>(mine) >= limits::searches_per_user_max)
    return search_reply(
        tl::unexpected(make_failure(errc::overloaded, "Too many searches are under way",
                                    "Wait for one of yours to be answered, then call again")));
  auto answer = self->make_response_promise<search_reply>();
  auto search = std::make_unique<message_search>(st.db, std::move(q.rooms), std::move(q.what));
  st.searches.push_back({std::move(q.user_id), q.of_one_room, std::move(search), answer,
                         std::chrono::steady_clock::now() + limits::search_timeout});
  if (st.searches.size() == 1) self->send(self, search_on{});
  return answer;
}

// One slice of the search whose turn it is.
void on_turn(search_actor* self) {
  auto& st = self->state;
  auto one = std::move(st.searches.front());
  st.searches.pop_front();
  const auto done = one.search->go_on();
  if (!done) {
    one.answer.deliver(refuse_search("(any)", done.error()));
  } else if (*done || (std::chrono::steady_clock::now() >= one.until && one.search->end_early())) {
    one.answer.deliver(reply_of(one));
  } else if (std::chrono::steady_clock::now() >= one.until) {
    one.answer.deliver(search_reply(
        tl::unexpected(make_failure(errc::timeout, "There is too much to search at once",
                                    "Name a roomId, or call again when the node is less busy"))));
  } else {
    st.searches.push_back(std::move(one));
  }
  if (!st.searches.empty()) self->send(self, search_on{});
}

}  // namespace

caf::behavior make_search(search_actor* self, std::shared_ptr<const store> db) {
  self->state.db = std::move(db);
  return {
      [self](search_messages& q) { return on_search(self, q); },
      [self](search_on) { on_turn(self); },
  };
}

}  // namespace chat
