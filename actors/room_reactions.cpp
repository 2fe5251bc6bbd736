#include "actors/room_reactions.hpp"

#include <caf/all.hpp>

#include "actors/room_history.hpp"
#include "actors/room_members.hpp"
#include "model/ids.hpp"
#include "model/wire.hpp"

namespace chat {

namespace {

void settle(room_state& st, const room_reaction& r, const result<message_ptr>& target) {
  if (!target) {
    send_error(st, r.from, target.error(), r.client_id);
  } else if (!*target || (*target)->kind != message_kind::said || (*target)->is_deleted()) {
    send_error(st, r.from, make_failure(errc::message_not_found, "No such message in this room"),
               r.client_id);
  } else {
    std::string bytes;
    append_reaction(bytes, (*target)->seq, r.emoji, r.nickname, wall_clock_ms());
    tell_all(st, frame(std::move(bytes)));
  }
  give_receipt(st, r.from);
  hand_over(st);
}

}  // namespace

void on_reaction(room_actor* self, const room_reaction& r) {
  const auto seq = parse_message_id(r.message_id).value_or(0);
  find_message(self, seq,
               [self, r](const result<message_ptr>& target) { settle(self->state, r, target); });
}

}  // namespace chat
