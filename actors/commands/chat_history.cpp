#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/message_json.hpp"
#include "actors/commands/page_schema.hpp"
#include "actors/commands/position.hpp"
#include "model/page_chars.hpp"

namespace chat {

namespace {

using namespace inputs;

// A part of a room's history, ascending.
struct excerpt {
  std::vector<message_ptr> messages;
  sequence oldest = 0;  // where to read on backwards and forwards; 0: nowhere. The newest is behind
  sequence newest = 0;  // the changes that follow the last message: nobody is to be told of them
  bool has_older = false;
  bool has_newer = false;
  bool is_truncated = false;                // what came right before it is not held any more
  std::optional<sequence> restart_at = {};  // history_page::restart_at
};

std::string as_text(sequence place) { return '"' + format_message_id(place) + '"'; }

std::string older_hint(const command_input& in, const excerpt& found) {
  if (found.is_truncated) return "What was before is not held any more";
  if (found.has_older)
    return "For what was said before, call again with before=" + as_text(found.oldest);
  if (!found.messages.empty()) return "This is the room's beginning";
  return in.has("before") ? "Nothing was said before that" : "The room has no messages";
}

std::string newer_hint(const command_input& in, const excerpt& found) {
  if (found.newest == 0 && in.has("before")) return {};
  if (found.newest == 0)
    return "; chat-send says the first word, chat-poll with waitMs waits for it";
  if (found.has_newer) return "; for what was said later, with after=" + as_text(found.newest);
  return "; to be told what is said next, call chat-poll with since=" + as_text(found.newest) +
         " and waitMs";
}

std::string_view position_in(const command_input& in) {
  for (const auto* name : {"before", "after", "around"})
    if (in.has(name)) return in.text(name);
  return {};
}

// Which end of an excerpt goes where it has more characters than a page may.
enum class cut_at { front, back, both };

// Cuts to so many characters, around the message that was asked for where both ends may go. One
// message stays in any case.
void cut(excerpt& found, std::int64_t chars_max, cut_at where, sequence middle = 0) {
  auto& all = found.messages;
  if (all.empty()) return;
  auto begin = all.begin();
  auto end = all.end();
  std::int64_t chars = 0;
  for (const auto& m : all) chars += page_chars_of(*m);
  const auto kept = std::ranges::find(all, middle, &message::seq);
  while (chars > chars_max && end - begin > 1) {
    const bool at_front =
        where == cut_at::front || (where == cut_at::both && kept - begin >= end - 1 - kept);
    chars -= page_chars_of(at_front ? **begin++ : **--end);
  }
  if (end != all.end()) {
    found.has_newer = true;
    found.newest = (*(end - 1))->seq;
  }
  if (begin != all.begin()) {
    found.has_older = true;
    found.is_truncated = false;  // what comes right before the page is held
    found.oldest = (*begin)->seq;
  }
  all = {begin, end};
}

void finish(const command_run_ptr& run, const excerpt& found) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().field("roomId", run->in().text("roomId")).key("messages").begin_array();
  append_messages_json(r.data, found.messages);
  json.end_array().field("hasOlder", found.has_older).field("hasNewer", found.has_newer);
  if (found.oldest > 0) json.field("oldestMessageId", format_message_id(found.oldest));
  if (found.newest > 0) json.field("newestMessageId", format_message_id(found.newest));
  json.field("truncated", found.is_truncated).end_object();
  r.reasoning = std::to_string(found.messages.size()) + " message(s)";
  if (found.is_truncated)
    r.warnings.push_back(
        {"HISTORY_TRUNCATED", "The room does not hold what came right before this page any more"});
  if (found.restart_at)
    r.warnings.push_back(position_lost(position_in(run->in()), *found.restart_at));
  json_writer(r.hints)
      .begin_object()
      .field("nextAction", older_hint(run->in(), found) + newer_hint(run->in(), found))
      .end_object();
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

// --- Walking -----------------------------------------------------------------------------------

// A way through a room's places, forwards or backwards, that keeps what was said. Changes have
// places, too: they are passed over, and show in the messages themselves.
struct walk {
  enum class way { forwards, backwards } goes = way::backwards;
  std::optional<sequence> at = {};  // the last place looked at, or where it begins
  std::size_t wanted = 0;
  const char* name = "before";              // of the input that says where
  bool is_claimed = false;                  // `at` is a position that the client named
  std::vector<message_ptr> said = {};       // in the order of the way
  std::size_t places = 0;                   // looked at …
  sequence first = 0;                       // … and the first of them
  bool has_more = false;                    // messages, or places that were not looked at …
  bool is_cut = false;                      // … as there were too many of them
  std::optional<bool> is_truncated = {};    // at its beginning …
  std::optional<sequence> restart_at = {};  // … likewise
};
using walked = std::function<void(walk&)>;

// Takes what is wanted of a page; false when that was all, or enough.
bool take(walk& w, const history_page& page) {
  const auto look_at = [&](const message_ptr& m) {
    const bool is_said = m->kind == message_kind::said;
    w.has_more = is_said && w.said.size() == w.wanted;
    if (w.has_more) return false;
    w.at = m->seq;
    if (w.places++ == 0) w.first = m->seq;
    if (is_said) w.said.push_back(m);
    return true;
  };
  const auto& all = page.messages;
  const bool goes_on = w.goes == walk::way::forwards
                           ? std::all_of(all.begin(), all.end(), look_at)
                           : std::all_of(all.rbegin(), all.rend(), look_at);
  if (!goes_on || !page.has_more) return false;
  w.is_cut = w.has_more = w.places >= limits::history_places_max;
  return !w.is_cut;
}

void go(const command_run_ptr& run, const caf::actor& room, std::shared_ptr<walk> w, walked then) {
  const auto on_page = [=](const history_page& page) {
    if (!w->is_truncated) {
      w->is_truncated = page.is_truncated;
      w->restart_at = page.restart_at;
      if (page.restart_at && w->goes == walk::way::forwards) w->at = *page.restart_at;
    }
    if (take(*w, page)) return go(run, room, w, then);
    then(*w);
  };
  // Where there are changes at all there may be many.
  auto count = w->wanted + 1;
  if (w->places > 0) count = static_cast<std::size_t>(limits::poll_messages_max);
  if (w->goes == walk::way::forwards)
    ask_room(run, room, read_history{*w->at, count}, w->name, on_page);
  else
    ask_room(run, room, read_back{w->at, count, w->is_claimed && w->places == 0}, w->name, on_page);
}

// --- Parts of a history ------------------------------------------------------------------------

void place_ends(excerpt& found) {
  if (found.messages.empty()) return;
  found.oldest = found.messages.front()->seq;
  found.newest = found.messages.back()->seq;
}

void read_after(const command_run_ptr& run, const caf::actor& room, std::size_t limit) {
  const auto after = position_of(run->in(), "after");
  auto way = std::make_shared<walk>(walk{walk::way::forwards, after, limit, "after"});
  go(run, room, way, [run, after](walk& w) {
    excerpt found{std::move(w.said)};
    place_ends(found);
    found.has_newer = w.has_more;
    found.is_truncated = w.is_truncated.value_or(false);
    found.has_older = !found.is_truncated && w.restart_at != sequence{0};
    found.restart_at = w.restart_at;
    if (found.oldest == 0) found.oldest = w.restart_at.value_or(after);
    found.newest = *w.at;
    if (const auto max = run->page_chars(); max > 0) cut(found, max, cut_at::back);
    finish(run, found);
  });
}

// Whether the room held more once, before a place before which it holds nothing: then it does not
// hold that place itself.
void look_for(const command_run_ptr& run, const caf::actor& room, sequence before, excerpt found) {
  ask_room(run, room, read_history{before - 1, 1}, "before",
           [run, before, found = std::move(found)](const history_page& page) mutable {
             found.is_truncated = !page.messages.empty() && page.messages.front()->seq > before;
             finish(run, found);
           });
}

// Whether anything was said after a place that the room does not have.
void look_behind(const command_run_ptr& run, const caf::actor& room, sequence before,
                 excerpt found) {
  ask_room(run, room, read_history{before, 1}, "before",
           [run, found = std::move(found)](const history_page& page) mutable {
             found.has_newer = !page.messages.empty();
             finish(run, found);
           });
}

void read_before(const command_run_ptr& run, const caf::actor& room, std::size_t limit) {
  std::optional<sequence> before;
  if (run->in().has("before")) before = position_of(run->in(), "before");
  auto way = std::make_shared<walk>(
      walk{walk::way::backwards, before, limit, "before", before.has_value()});
  go(run, room, way, [run, room, before](walk& w) {
    excerpt found{std::move(w.said)};
    std::ranges::reverse(found.messages);
    place_ends(found);
    found.has_older = w.has_more;
    found.has_newer = before.has_value();
    found.restart_at = w.restart_at;
    if (w.is_cut) found.oldest = *w.at;
    if (!before) found.newest = w.first;
    if (found.restart_at) return look_behind(run, room, *before, found);
    if (found.messages.empty() && !w.has_more && before) return look_for(run, room, *before, found);
    if (const auto max = run->page_chars(); max > 0) cut(found, max, cut_at::front);
    finish(run, found);
  });
}

// The message in the middle of the page.
void read_around(const command_run_ptr& run, const caf::actor& room, std::size_t limit) {
  const auto middle = position_of(run->in(), "around");
  auto later = std::make_shared<walk>(walk{walk::way::forwards, middle, limit / 2, "around"});
  go(run, room, later, [=](walk& after) {
    auto earlier = std::make_shared<walk>(
        walk{walk::way::backwards, middle + 1, limit - after.said.size(), "around"});
    go(run, room, earlier, [run, later, middle](walk& before) {
      excerpt found{std::move(before.said)};
      std::ranges::reverse(found.messages);
      found.messages.insert(found.messages.end(), later->said.begin(), later->said.end());
      place_ends(found);
      found.has_older = before.has_more;
      found.has_newer = later->has_more;
      found.is_truncated = !before.has_more && later->is_truncated.value_or(false);
      found.restart_at = later->restart_at;
      if (before.is_cut) found.oldest = *before.at;
      found.newest = *later->at;
      if (const auto max = run->page_chars(); max > 0) cut(found, max, cut_at::both, middle);
      finish(run, found);
    });
  });
}

void read_from(const command_run_ptr& run, const caf::actor& room) {
  const auto& in = run->in();
  const auto limit = static_cast<std::size_t>(in.integer("limit"));
  if (in.has("around")) return read_around(run, room, limit);
  if (in.has("after")) return read_after(run, room, limit);
  read_before(run, room, limit);
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
    page_limit,
    inputs::page_chars};

constexpr std::string_view history_end =
    R"("hasOlder":{"type":"boolean"},"hasNewer":{"type":"boolean"},)"
    R"("oldestMessageId":{"type":"string","description":"Give it as before to read on backwards"},)"
    R"("newestMessageId":{"type":"string","description":"Give it as after to read on forwards, or )"
    R"(to chat-poll as since to be told what comes next"},)"
    R"("truncated":{"type":"boolean",)"
    R"("description":"The room does not hold what came right before this page any more"}},)"
    R"("required":["roomId","messages","hasOlder","hasNewer","truncated"]})";
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
