#include "actors/room_changes.hpp"

#include <caf/all.hpp>
#include <utility>

#include "actors/room_history.hpp"

namespace chat {

namespace {

failure no_such_message() {
  return make_failure(
      errc::message_not_found, "No such message in this room",
      "Use the id of a message as chat-poll or chat-history shows it, of one that is "
      "not deleted");
}

// Why the message may not be changed, or nothing.
std::optional<failure> why_not(const message_ptr& target, const change_message& wanted) {
  if (!target || target->kind != message_kind::said || target->is_deleted())
    return no_such_message();
  if (wanted.may_any || is_from_user(*target, wanted.user_id)) return std::nullopt;
  return make_failure(errc::forbidden, "The message is not yours",
                      "Only who wrote a message changes it, or a caller with the scope admin");
}

void go_on(room_actor* self, change_message wanted, caf::response_promise answer,
           const result<message_ptr>& target) {
  auto& st = self->state;
  const auto end = [&](submit_reply reply) {
    st.changing.erase(wanted.what->target);
    answer.deliver(std::move(reply));
  };
  if (!target) return end(tl::unexpected(target.error()));
  if (auto why = why_not(*target, wanted)) return end(tl::unexpected(std::move(*why)));
  if (wanted.dry_run) {
    if (auto why = why_no_place(st, *wanted.what)) return end(tl::unexpected(std::move(*why)));
    return end(submitted{0, 0, (*target)->text});
  }
  if (is_from_user(**target, wanted.user_id)) wanted.what->sender = (*target)->sender;
  accept_post(self, {.what = std::move(wanted.what),
                     .from = nullptr,
                     .answer = std::move(answer),
                     .author = nullptr,
                     .text_before = (*target)->text});
}

}  // namespace

failure being_deleted() {
  return make_failure(errc::overloaded, "The room is being deleted",
                      "Try again in a few seconds: then it is gone, or goes on");
}

caf::result<submit_reply> change(room_actor* self, change_message& wanted) {
  auto& st = self->state;
  st.touched = true;
  if (st.closing) return submit_reply(tl::unexpected(being_deleted()));
  const auto seq = wanted.what->target;
  if (seq == 0 || seq > st.committed_seq) return submit_reply(tl::unexpected(no_such_message()));
  if (!st.changing.insert(seq).second)
    return submit_reply(
        tl::unexpected(make_failure(errc::overloaded, "The message is being changed just now")));
  auto answer = self->make_response_promise<submit_reply>();
  find_message(self, seq, [self, wanted, answer](const result<message_ptr>& target) mutable {
    go_on(self, std::move(wanted), std::move(answer), target);
  });
  return answer;
}

void apply_change(room_state& st, const message& change) {
  st.changing.erase(change.target);
  st.tail.supersede(change);
  const auto target = st.tail.find(change.target);
  if (!target) return;
  auto changed = std::make_shared<message>(*target);
  take_change(*changed, change);
  st.tail.replace(std::move(changed));
}

}  // namespace chat
