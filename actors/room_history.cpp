#include "actors/room_history.hpp"

#include <caf/all.hpp>
#include <utility>

namespace chat {

namespace {

// Where the room begins, for those who asked for a position it never gave out.
caf::result<page_reply> refuse_position(room_actor* self) {
  auto answer = self->make_response_promise<page_reply>();
  self->request(self->state.storage, limits::ask_timeout, load_first{self->state.definition.id})
      .then(
          [answer](first_reply& first) mutable {
            if (first)
              answer.deliver(page_reply(history_page{.messages = {}, .oldest_instead = *first}));
            else
              answer.deliver(page_reply(tl::unexpected(std::move(first.error()))));
          },
          [answer](const caf::error& e) mutable { answer.deliver(e); });
  return answer;
}

}  // namespace

caf::result<page_reply> read_room(room_actor* self, const read_history& r) {
  auto& st = self->state;
  st.touched = true;
  if (r.after > st.committed_seq) return refuse_position(self);
  if (st.tail.covers(r.after)) return page_reply(st.tail.page(r.after, r.limit));
  self->delegate(st.storage, load_page{st.definition.id, r.after, r.limit});
  return caf::delegated<page_reply>{};
}

}  // namespace chat
