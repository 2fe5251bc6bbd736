#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/page_cursor.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/words.hpp"

namespace chat {

namespace {

using namespace inputs;

// What a cursor of this search is good for: these words in this room, or in all.
std::string listing_of(const command_input& in, const std::vector<search_word>& words) {
  std::string listing = "search\n" + std::string(in.text("roomId"));
  for (const auto& word : words) listing.append(word.is_prefix ? "\n^" : "\n=").append(word.text);
  return listing;
}

command_result found_result(const search_page& page, const std::string& listing) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("messages").begin_array();
  for (const auto& [room_id, m] : page.messages)
    json.begin_object()
        .field("roomId", room_id)
        .field("id", format_message_id(m->seq))
        .field("sender", m->sender)
        .field("text", m->text)
        .field("timestamp", format_time(m->timestamp_ms))
        .end_object();
  json.end_array();
  if (page.next)
    json.field("nextCursor",
               format_cursor({page.next->time_ms, page.next->seq, page.next->room_id}, listing));
  json.end_object();
  r.reasoning = std::to_string(page.messages.size()) + " message(s) found";
  if (page.ended_early)
    r.reasoning +=
        "; the search ended early, having read much: what is older is still to be searched";
  for (const auto& lost : page.unreadable)
    r.warnings.push_back({"ROOM_UNREADABLE", "Room \"" + lost.room_id +
                                                 "\" cannot be read at the moment: some of its "
                                                 "messages may be missing"});
  r.hints = page.next ? R"({"nextAction":"Call chat-search with cursor=nextCursor and the same )"
                        R"(query for older messages"})"
            : page.messages.empty()
                ? R"({"nextAction":"Search for fewer words, or only the beginning of the last"})"
                : R"({"nextAction":"Call chat-history with around=id and the message's )"
                  R"(roomId to read what was said before and after it"})";
  return r;
}

// Messages by their words, in the rooms that the caller may see.
void run_chat_search(command_run_ptr run) {
  const auto& in = run->in();
  search_query what{search_words(in.text("query")), static_cast<std::size_t>(in.integer("limit"))};
  if (what.words.empty() || what.words.size() > limits::search_words_max) {
    auto why = invalid_input(
        in.fields(),
        {{"query", what.words.empty() ? "has no word to look for" : "has too many words",
          "custom"}});
    why.suggestion = "Send one to " + std::to_string(limits::search_words_max) +
                     " words of letters or digits, such as query=\"release notes\"";
    return run->fail(std::move(why));
  }
  if (const auto chars_max = run->page_chars(); chars_max > 0) what.chars_max = chars_max;
  auto listing = listing_of(in, what.words);
  if (in.has("cursor")) {
    auto cursor = parse_cursor(in.text("cursor"), listing);
    if (!cursor)
      return run->fail(
          not_a_cursor(in.fields(), "this search", "to a call with the same query and roomId"));
    what.after = search_position{cursor->time_ms, std::move(cursor->text), cursor->number};
  }
  ask_for<search_page>(
      run, run->hub(), search_rooms{std::string(in.text("roomId")), run->who(), std::move(what)},
      [run, listing](const search_page& page) { run->finish(found_result(page, listing)); });
}

constexpr field searched_room = [] {
  auto f = room_id;
  f.required = false;
  f.description = "Only this room; without it all rooms that you may see";
  return f;
}();

constexpr std::array search_fields{
    field{.name = "query",
          .required = true,
          .description = "Words to look for: a message must have all of them, in any order. "
                         "Capitals do not count. The last word may be the beginning of one: hel "
                         "finds hello. A word is a run of letters and digits; each Chinese, "
                         "Japanese, Korean or Thai character and each emoji is one by itself",
          .min = 1,
          .max = limits::search_query_units_max},
    searched_room,
    field{.name = "limit",
          .type = integer,
          .description = "Messages at most",
          .min = 1,
          .max = limits::search_page_max,
          .fallback = limits::search_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before, with the same query and roomId",
          .max = limits::cursor_units_max},
    inputs::page_chars};

constexpr std::string_view search_output =
    R"({"type":"object","properties":{)"
    R"("messages":{"type":"array","description":"Newest first","items":{"type":"object",)"
    R"("properties":{"roomId":{"type":"string"},)"
    R"("id":{"type":"string","description":"chat-history takes it as around"},)"
    R"("sender":{"type":"string"},"text":{"type":"string"},)"
    R"("timestamp":{"type":"string","format":"date-time"}},)"
    R"("required":["roomId","id","sender","text","timestamp"]}},)"
    R"("nextCursor":{"type":"string","description":"Give it as cursor to search on, in older )"
    R"(messages. Absent when all is searched; while it is there, even an empty page is not the )"
    R"(end"}},"required":["messages"]})";

constexpr std::string_view search_tags[] = {"chat", "read", "agent-friendly"};
constexpr errc search_errors[] = {errc::validation_error, errc::room_not_found,
                                  errc::storage_unavailable, errc::overloaded, errc::timeout};
constexpr command_example search_examples[] = {
    {"Who spoke of the release?", R"({"query":"release","limit":10})"},
    {"In one room", R"({"query":"meeting tomor","roomId":"general"})"}};

}  // namespace

constinit const command_row chat_search_row{
    .name = "chat-search",
    .category = "chat",
    .description = "Find messages by their words, in one room or in all you may see, newest first",
    .tags = search_tags,
    .fields = search_fields,
    .output = search_output,
    .errors = search_errors,
    .examples = search_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_search};

}  // namespace chat
