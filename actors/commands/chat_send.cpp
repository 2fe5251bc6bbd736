#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

void finish(const command_run_ptr& run, const submitted& done) {
  const auto id = format_message_id(done.seq);
  command_result r;
  r.data.clear();
  json_writer(r.data)
      .begin_object()
      .field("messageId", id)
      .field("timestamp", format_time(done.timestamp_ms))
      .end_object();
  r.reasoning = "Message stored and sent to room \"" + std::string(run->in().text("roomId")) + '"';
  json_writer(r.hints)
      .begin_object()
      .field("nextAction", "Call chat-poll with since=\"" + id + "\" to read replies")
      .end_object();
  run->finish(std::move(r));
}

// Through the session, which gives its name and counts; or straight to the room.
void send_as_session(const command_run_ptr& run, std::shared_ptr<message> what) {
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q),
                         [run, what = std::move(what)](const session_found& found) mutable {
                           if (found.room_id != run->in().text("roomId"))
                             return run->fail(
                                 errc::forbidden, "The session is not of this room",
                                 "Send to room \"" + found.room_id + "\", where this session is");
                           ask_for<submitted>(run, found.session, submit{std::move(what), nullptr},
                                              [run](const submitted& done) { finish(run, done); });
                         });
}

}  // namespace

// Posts a message; answered once it is stored.
void run_chat_send(command_run_ptr run) {
  auto what = std::make_shared<message>();
  what->text = run->in().text("text");
  what->client_id = run->in().text("clientMessageId");
  what->sender = run->who().name.empty() ? "Agent" : run->who().name;
  what->author = "user:" + run->who().user_id;
  find_room q{std::string(run->in().text("roomId")), run->who()};
  ask_for<room_found>(run, run->hub(), std::move(q),
                      [run, what = std::move(what)](const room_found& found) mutable {
                        if (run->in().has("sessionId"))
                          return send_as_session(run, std::move(what));
                        ask_for<submitted>(run, found.room, submit{std::move(what), nullptr},
                                           [run](const submitted& done) { finish(run, done); });
                      });
}

}  // namespace chat
