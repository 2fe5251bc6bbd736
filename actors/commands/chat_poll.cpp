#include <algorithm>
#include <chrono>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/message_json.hpp"
#include "actors/commands/page_schema.hpp"
#include "actors/commands/position.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/page_chars.hpp"

namespace chat {

namespace {

using namespace inputs;

// As many messages from the front as a page of so many characters holds, but one at least.
void cut(history_page& page, std::int64_t chars_max) {
  std::int64_t chars = 0;
  const auto end = std::ranges::find_if(page.messages, [&](const message_ptr& m) {
    chars += page_chars_of(*m);
    return chars > chars_max && m != page.messages.front();
  });
  if (end == page.messages.end()) return;
  page.messages.erase(end, page.messages.end());
  page.has_more = true;
}

std::string page_json(const std::string& room_id, const history_page& page,
                      const std::string& last_id) {
  std::string data;
  data.reserve(128 + page.messages.size() * 160);
  json_writer json(data);
  json.begin_object().field("roomId", room_id).key("messages").begin_array();
  append_messages_json(data, page.messages);
  json.end_array();
  if (const auto changes = changes_json(page.messages); !changes.empty())
    json.key("changes").raw(changes);
  json.field("hasMore", page.has_more);
  if (!last_id.empty()) json.field("lastMessageId", last_id);
  json.field("truncated", page.is_truncated).end_object();
  return data;
}

// "4 message(s) and 1 change(s)" of what a page shows.
std::string contents_of(const history_page& page, std::string_view messages,
                        std::string_view changes) {
  const auto said = std::ranges::count(page.messages, message_kind::said, &message::kind);
  const auto left_out =
      std::ranges::count_if(page.messages, [](const message_ptr& m) { return m->is_superseded(); });
  const auto changed = std::ranges::ssize(page.messages) - said - left_out;
  std::string text;
  if (said > 0 || changed == 0) text = std::to_string(said) + std::string(messages);
  if (said > 0 && changed > 0) text += " and ";
  if (changed > 0) text += std::to_string(changed) + std::string(changes);
  return text;
}

std::string hints_json(const history_page& page, const std::string& last_id, bool waited) {
  const auto since = last_id.empty() ? std::string() : " with since=\"" + last_id + '"';
  std::string action;
  if (page.messages.empty())
    action = waited ? "Nothing came. Poll again at once" + since
                    : "No new messages. Wait 3-5 seconds and poll again. Or give waitMs: the call "
                      "then waits for what comes";
  else
    action = "Process " + contents_of(page, " messages", " changes") +
             (page.has_more ? ". More are waiting: poll again at once" : ". Poll again") + since;
  std::string hints;
  json_writer json(hints);
  json.begin_object().field("nextAction", action);
  json.field("pollInterval", page.has_more || waited ? 0 : 5000);
  json.end_object();
  return hints;
}

command_result answer(const command_input& in, const history_page& page) {
  // With nothing new the caller's own position stands, so that an agent's loop never starts over.
  const auto position = !page.messages.empty() ? page.messages.back()->seq : page.restart_at;
  const auto last_id = !position       ? std::string(in.text("since"))
                       : *position > 0 ? format_message_id(*position)
                                       : std::string();
  command_result r;
  r.data = page_json(std::string(in.text("roomId")), page, last_id);
  r.reasoning = page.messages.empty()
                    ? "No new messages"
                    : "Retrieved " + contents_of(page, " message(s)", " change(s)");
  r.hints = hints_json(page, last_id, in.integer("waitMs") > 0);
  if (page.is_truncated)
    r.warnings.push_back({"HISTORY_TRUNCATED", "The room does not hold what came right after " +
                                                   std::string(in.text("since")) +
                                                   "; this page begins after the gap"});
  if (page.restart_at) r.warnings.push_back(position_lost(in.text("since"), *page.restart_at));
  if (in.has("until") && in.integer("waitMs") == 0)
    r.warnings.push_back(
        {"UNTIL_WITHOUT_WAIT", "until is without effect unless the call waits: give waitMs, too"});
  return r;
}

wake_condition wish_of(const command_input& until) {
  wake_condition w{.mention = std::string(until.text("mention")),
                   .from = std::string(until.text("from")),
                   .contains = std::string(until.text("contains"))};
  if (until.has("count")) w.count = static_cast<std::size_t>(until.integer("count"));
  return w;
}

// Messages after `since`, the oldest first: how agents without a socket read.
void run_chat_poll(command_run_ptr run) {
  const auto& in = run->in();
  read_history q{.limit = static_cast<std::size_t>(in.integer("limit")),
                 .patience = std::chrono::milliseconds(in.integer("waitMs"))};
  if (in.has("since")) q.after = position_of(in, "since");
  if (in.has("until")) q.until = std::make_shared<wake_condition>(wish_of(in.objects("until")[0]));
  if (q.patience.count() > 0) run->allow(q.patience);
  ask_for<room_found>(
      run, run->hub(), find_room{std::string(in.text("roomId")), run->who()},
      [run, q = std::move(q)](const room_found& found) mutable {
        q.reader = run->call().still_wanted;
        const bool waits = q.patience.count() > 0;
        ask_for<history_page>(run, found.room, std::move(q), [run](history_page& page) {
          if (page.oldest_instead)
            return run->fail(
                unknown_message(run->in(), "since", *page.oldest_instead, "start there"));
          if (const auto chars_max = run->page_chars(); chars_max > 0) cut(page, chars_max);
          run->finish(answer(run->in(), page));
        });
        if (waits) run->stop_waiting_when_lost(found.room);
      });
}

constexpr auto nickname_units = static_cast<std::int64_t>(limits::nickname_units_max);
constexpr std::array until_fields{
    field{.name = "mention",
          .description = "A nickname, without @: @nickname stands in the text. Edits do not wake",
          .min = 1,
          .max = nickname_units},
    field{.name = "from", .description = "The sender's nickname", .min = 1, .max = nickname_units},
    field{.name = "contains",
          .description = "Part of the text, whatever its capitals",
          .min = 1,
          .max = 100},
    field{.name = "count",
          .type = integer,
          .description = "So many of such messages, not one",
          .min = 1,
          .max = limits::poll_messages_max}};
constexpr std::array poll_fields{
    room_id,
    last_seen,
    page_limit,
    field{.name = "waitMs",
          .type = integer,
          .description = "With nothing after since, wait up to so many milliseconds (25000 suits "
                         "most clients) for something to come: the way to be woken instead of "
                         "asking again and again",
          .min = 0,
          .max = limits::poll_wait_ms_max},
    field{.name = "until",
          .type = object,
          .description = "With waitMs: wait for messages that all of this is true of, not for any. "
                         "The page then has all that was said meanwhile. Where nothing such comes "
                         "in time, it has what was said",
          .members = until_fields},
    inputs::page_chars};

constexpr std::string_view poll_tags[] = {"chat", "read", "agent-friendly"};
constexpr errc poll_errors[] = {errc::validation_error, errc::room_not_found, errc::overloaded,
                                errc::timeout};
constexpr command_example poll_examples[] = {
    {"Read a room from its beginning", R"({"roomId":"general"})"},
    {"Wait for what comes after a message",
     R"({"roomId":"general","since":"m0000000000000001","waitMs":25000})"},
    {"Sleep until somebody asks for helper, after a message",
     R"({"roomId":"general","since":"m0000000000000001","waitMs":25000,)"
     R"("until":{"mention":"helper"}})"}};

}  // namespace

constinit const command_row chat_poll_row{
    .name = "chat-poll",
    .category = "chat",
    .description = "Poll for new messages (fallback for agents without WebSocket)",
    .tags = poll_tags,
    .fields = poll_fields,
    .output = page_schema,
    .errors = poll_errors,
    .examples = poll_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_poll};

}  // namespace chat
