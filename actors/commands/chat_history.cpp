#include <algorithm>
#include <array>
#include <optional>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/message_json.hpp"
#include "actors/commands/page_schema.hpp"
#include "actors/commands/unknown_message.hpp"

namespace chat {

namespace {

using namespace inputs;

// A part of a room's history, ascending.
struct excerpt {
  std::vector<message_ptr> messages;
  bool has_older = false;
  bool has_newer = false;
};

void finish(const command_run_ptr& run, const excerpt& found) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().field("roomId", run->in().text("roomId")).key("messages").begin_array();
  append_messages_json(r.data, found.messages);
  json.end_array().field("hasOlder", found.has_older).field("hasNewer", found.has_newer);
  std::string next = "The room has no messages here";
  if (!found.messages.empty()) {
    const auto oldest = format_message_id(found.messages.front()->seq);
    const auto newest = format_message_id(found.messages.back()->seq);
    json.field("oldestMessageId", oldest).field("newestMessageId", newest);
    next = found.has_older ? "For what was said before, call again with before=\"" + oldest + '"'
                           : "This is the room's beginning";
    next += found.has_newer ? "; for what was said later, with after=\"" + newest + '"'
                            : "; to be told what is said next, call chat-poll with since=\"" +
                                  newest + "\" and waitMs";
  }
  json.end_object();
  r.reasoning = std::to_string(found.messages.size()) + " message(s)";
  json_writer(r.hints).begin_object().field("nextAction", next).end_object();
  run->finish(std::move(r));
}

// A page, or the refusal of an id that this room does not have.
template <class Question, class Then>
void ask_room(const command_run_ptr& run, const caf::actor& room, Question question,
              const char* name, Then then) {
  ask_for<history_page>(run, room, std::move(question),
                        [run, name, then = std::move(then)](history_page& page) mutable {
                          if (page.oldest_instead)
                            return run->fail(unknown_message(run->in(), name, *page.oldest_instead,
                                                             "read the newest"));
                          then(page);
                        });
}

// The message in the middle of the page.
void read_around(const command_run_ptr& run, const caf::actor& room, std::size_t limit) {
  const auto middle = position_of(run->in(), "around");
  const auto newer = limit / 2;
  const auto then = [=](history_page& later) {
    excerpt found{{}, false, later.has_more || later.messages.size() > newer};
    later.messages.resize(std::min(later.messages.size(), newer));
    const read_back q{middle + 1, limit - later.messages.size()};
    ask_room(run, room, q, "around",
             [run, found, after = std::move(later.messages)](history_page& earlier) mutable {
               found.messages = std::move(earlier.messages);
               found.messages.insert(found.messages.end(), after.begin(), after.end());
               found.has_older = earlier.has_more;
               finish(run, found);
             });
  };
  ask_room(run, room, read_history{middle, std::max<std::size_t>(newer, 1)}, "around", then);
}

void read_from(const command_run_ptr& run, const caf::actor& room) {
  const auto& in = run->in();
  const auto limit = static_cast<std::size_t>(in.integer("limit"));
  if (in.has("around")) return read_around(run, room, limit);
  if (in.has("after"))
    return ask_room(run, room, read_history{position_of(in, "after"), limit}, "after",
                    [run](history_page& page) {
                      finish(run, {std::move(page.messages), !page.is_truncated, page.has_more});
                    });
  read_back q{std::nullopt, limit};
  if (in.has("before")) q.before = position_of(in, "before");
  ask_room(run, room, q, "before", [run](history_page& page) {
    finish(run, {std::move(page.messages), page.has_more, run->in().has("before")});
  });
}

// Any part of what a room holds, without a position to keep: for reading, not for following.
void run_chat_history(command_run_ptr run) {
  const auto& in = run->in();
  if (in.has("before") + in.has("after") + in.has("around") > 1)
    return run->fail(invalid_input(
        in.fields(), {{"(root)", "before, after and around exclude each other", "custom"}}));
  ask_for<room_found>(run, run->hub(), find_room{std::string(in.text("roomId")), run->who()},
                      [run](const room_found& found) { read_from(run, found.room); });
}

constexpr field history_limit = [] {
  auto f = page_limit;
  f.description = "Messages at most; changes of messages count, too";
  return f;
}();
constexpr std::array history_fields{
    room_id,
    field{.name = "before",
          .description = "ID of a message: the newest ones before it",
          .max = credential_units},
    field{.name = "after",
          .description = "ID of a message: the oldest ones after it",
          .max = credential_units},
    field{.name = "around",
          .description = "ID of a message: it, and as many before it as after it",
          .max = credential_units},
    history_limit};

constexpr std::string_view history_end =
    R"("hasOlder":{"type":"boolean"},"hasNewer":{"type":"boolean"},)"
    R"("oldestMessageId":{"type":"string","description":"Give it as before to read on backwards"},)"
    R"("newestMessageId":{"type":"string","description":"Give it as after to read on forwards"}},)"
    R"("required":["roomId","messages","hasOlder","hasNewer"]})";
constexpr std::string_view history_tags[] = {"chat", "read", "agent-friendly"};
constexpr errc history_errors[] = {errc::validation_error, errc::room_not_found, errc::timeout};
constexpr command_example history_examples[] = {
    {"The newest ten messages", R"({"roomId":"general","limit":10})"}};

}  // namespace

constinit const command_row chat_history_row{
    .name = "chat-history",
    .category = "chat",
    .description =
        "Read any part of a room's history: the newest messages, or those before, after "
        "or around one",
    .tags = history_tags,
    .fields = history_fields,
    .output = concat<page_begin, messages_schema, history_end>,
    .errors = history_errors,
    .examples = history_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_history};

}  // namespace chat
