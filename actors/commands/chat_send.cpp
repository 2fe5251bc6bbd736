#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// Where the caller has read up to, under either name.
std::string_view last_read_of(const command_input& in) {
  return in.has("since") ? in.text("since") : in.text("lastRead");
}

// Never past the message: others may have spoken before it.
std::string reading_hint(std::string_view read_from) {
  if (read_from.empty())
    return "To read replies, call chat-poll with since: the last message you have read. What "
           "others "
           "said before this one comes as well";
  return "Call chat-poll with since=\"" + std::string(read_from) +
         "\": what others said meanwhile, this message, and replies";
}

void finish(const command_run_ptr& run, const submitted& done) {
  if (run->is_dry() && done.seq > 0)
    return run->would("answer with message " + format_message_id(done.seq) +
                      ", which was stored under this ID before, and store nothing");
  if (run->is_dry())
    return run->would("store the message and send it to room \"" +
                      std::string(run->in().text("roomId")) + '"');
  const auto id = format_message_id(done.seq);
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().field("messageId", id).field("timestamp", format_time(done.timestamp_ms));
  const auto read_from = last_read_of(run->in());
  if (!read_from.empty()) json.field("readFrom", read_from);
  json.end_object();
  r.undo = chat_delete_row.name;
  json_writer(r.undo_args)
      .begin_object()
      .field("roomId", run->in().text("roomId"))
      .field("messageId", id)
      .end_object();
  r.reasoning =
      done.was_there
          ? "This clientMessageId was used before: here is its message, none was stored"
          : "Message stored and sent to room \"" + std::string(run->in().text("roomId")) + '"';
  json_writer(r.hints).begin_object().field("nextAction", reading_hint(read_from)).end_object();
  run->finish(std::move(r));
}

// Through the session, which gives its name and counts; or straight to the room.
void send_as_session(const command_run_ptr& run, std::shared_ptr<message> what) {
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(
      run, run->hub(), std::move(q),
      [run, what = std::move(what)](const session_found& found) mutable {
        if (found.room_id != run->in().text("roomId"))
          return run->fail(errc::forbidden, "The session is not of this room",
                           "Send to room \"" + found.room_id + "\", where this session is");
        ask_for<submitted>(run, found.session, submit{std::move(what), nullptr, run->is_dry()},
                           [run](const submitted& done) { finish(run, done); });
      });
}

// Posts a message; answered once it is stored.
void run_chat_send(command_run_ptr run) {
  for (const auto* name : {"since", "lastRead"})
    if (run->in().has(name) && !parse_message_id(run->in().text(name)))
      return run->fail(
          invalid_input(run->in().fields(), {{name, "is no id of a message", "custom"}}));
  auto what = std::make_shared<message>();
  what->text = run->in().text("text");
  // A key is an id, too: should the node be killed before the answer is kept, the room still finds
  // the message by it.
  const bool has_id = run->in().has("clientMessageId");
  what->client_id = run->in().text(has_id ? "clientMessageId" : "idempotencyKey");
  what->sender = speaker_name(run->who());
  what->author = author_of(run->who().user_id);
  find_room q{std::string(run->in().text("roomId")), run->who()};
  ask_for<room_found>(run, run->hub(), std::move(q),
                      [run, what = std::move(what)](const room_found& found) mutable {
                        if (run->in().has("sessionId"))
                          return send_as_session(run, std::move(what));
                        ask_for<submitted>(run, found.room,
                                           submit{std::move(what), nullptr, run->is_dry()},
                                           [run](const submitted& done) { finish(run, done); });
                      });
}

constexpr std::array send_fields{
    room_id,
    field{.name = "text",
          .required = true,
          .description = "What to say, in UTF-16 units: an emoji has two",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::text_units_max),
          .in_utf16 = true},
    field{.name = "sessionId",
          .description = "Speak as this session, with its nickname; without it the sender is your "
                         "user's name, or Agent",
          .min = 1,
          .max = credential_units},
    field{.name = "clientMessageId",
          .description =
              "Your own ID of this message, echoed to your socket; the room knows its last "
              "4,096 and stores what is sent twice once. To be safe for a day use "
              "idempotencyKey",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::client_message_id_units_max),
          .in_utf16 = true},
    field{.name = "since",
          .description = "ID of the last message you have read: answered as readFrom, to go on "
                         "reading from",
          .min = 1,
          .max = credential_units},
    field{
        .name = "lastRead", .description = "The same as since", .min = 1, .max = credential_units},
    idempotency_key,
    dry_run};

constexpr std::string_view send_output =
    R"({"type":"object","properties":{)"
    R"("messageId":{"type":"string"},)"
    R"("readFrom":{"type":"string","description":"Where to go on reading: give it to chat-poll )"
    R"(as since. What the call said in since or lastRead"},)"
    R"("timestamp":{"type":"string","format":"date-time"}},)"
    R"("required":["messageId","timestamp"]})";

constexpr std::string_view send_tags[] = {"chat", "write", "agent-friendly"};
constexpr errc send_errors[] = {errc::validation_error,   errc::room_not_found,
                                errc::session_not_found,  errc::forbidden,
                                errc::session_closed,     errc::session_expired,
                                errc::duplicate_conflict, errc::storage_unavailable,
                                errc::overloaded,         errc::timeout};
constexpr command_example send_examples[] = {
    {"Say hello", R"({"roomId":"general","text":"Hello"})"}};

}  // namespace

constinit const command_row chat_send_row{
    .name = "chat-send",
    .category = "chat",
    .description = "Send a message to a room; answered once it is stored",
    .tags = send_tags,
    .fields = send_fields,
    .output = send_output,
    .errors = send_errors,
    .examples = send_examples,
    .mutation = true,
    .needs = scope::write,
    .run = run_chat_send};

}  // namespace chat
