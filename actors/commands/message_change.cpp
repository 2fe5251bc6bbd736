#include "actors/commands/message_change.hpp"

#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/position.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

void finish_change(const command_run_ptr& run, message_kind kind, const submitted& done) {
  const auto room = std::string(run->in().text("roomId"));
  const auto id = std::string(run->in().text("messageId"));
  const bool is_edit = kind == message_kind::edit;
  if (run->is_dry())
    return run->would((is_edit ? "change the text of message " : "delete message ") + id +
                      " for all in room \"" + room + '"');
  command_result r;
  r.data.clear();
  json_writer(r.data)
      .begin_object()
      .field("messageId", id)
      .field("changeId", format_message_id(done.seq))
      .field("timestamp", format_time(done.timestamp_ms))
      .end_object();
  if (is_edit) {
    r.undo = chat_edit_row.name;
    json_writer(r.undo_args)
        .begin_object()
        .field("roomId", room)
        .field("messageId", id)
        .field("text", done.text_before)
        .end_object();
  }
  r.reasoning = is_edit ? "Everybody in the room reads the new text"
                        : "The text is gone; the message's place in the room's order stays";
  run->finish(std::move(r));
}

}  // namespace

void run_message_change(const command_run_ptr& run, message_kind kind) {
  const auto& in = run->in();
  change_message q{.what = std::make_shared<message>(),
                   .user_id = run->who().user_id,
                   .may_any = run->who().may >= scope::admin,
                   .dry_run = run->is_dry()};
  q.what->kind = kind;
  q.what->target = position_of(in, "messageId");
  q.what->text = kind == message_kind::edit ? in.text("text") : std::string_view();
  q.what->sender = speaker_name(run->who());
  q.what->author = author_of(run->who().user_id);
  ask_for<room_found>(run, run->hub(), find_room{std::string(in.text("roomId")), run->who()},
                      [run, kind, q = std::move(q)](const room_found& found) mutable {
                        ask_for<submitted>(
                            run, found.room, std::move(q),
                            [run, kind](const submitted& done) { finish_change(run, kind, done); });
                      });
}

}  // namespace chat
