#include "net/mcp/chat_rooms.hpp"

#include <algorithm>
#include <deque>

#include "actors/command_table.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat::mcp {

namespace {

constexpr std::string_view json_type = "application/json";

std::string room_input(std::string_view room_id, std::size_t limit, std::string_view since = "") {
  std::string input;
  json_writer json(input);
  json.begin_object().field("roomId", room_id).field("limit", limit);
  if (!since.empty()) json.field("since", since);
  json.end_object();
  return input;
}

// Reads a room to its end, and keeps the last of it. With chat-history one call is enough; with
// chat-poll alone, which begins at the oldest, it takes a call a page.
class room_reading : public std::enable_shared_from_this<room_reading> {
 public:
  room_reading(const door_context& door, caller who, std::string room_id, latest_handler then)
      : door_(door), who_(std::move(who)), room_id_(std::move(room_id)), then_(std::move(then)) {}

  void start() {
    if (find_command("chat-history"))
      return ask("chat-history", room_input(room_id_, limits::mcp_resource_messages));
    next_page();
  }

 private:
  static constexpr int pages_max = 20;
  struct kept_message {
    std::string id;
    std::string json;
  };

  void next_page() {
    ++pages_;
    ask("chat-poll",
        room_input(room_id_, static_cast<std::size_t>(limits::poll_messages_max), last_id()));
  }

  void ask(std::string_view command, const std::string& input) {
    call_command(door_, who_, command, input, [self = shared_from_this()](auto data) {
      if (!data) return self->then_(tl::unexpected(std::move(data.error())));
      const bool more = self->take(*data);
      if (more && self->pages_ > 0 && self->pages_ < pages_max) return self->next_page();
      self->finish();
    });
  }

  // Whether there are more, newer ones.
  bool take(element data) {
    simdjson::dom::array messages;
    const auto list = member(data, "messages");
    if (!list || list->get(messages)) return false;
    for (const auto one : messages)
      if (const auto id = text_member(one, "id"))
        kept_.push_back({std::string(*id), simdjson::minify(one)});
    std::ranges::sort(kept_, {}, &kept_message::id);
    while (kept_.size() > limits::mcp_resource_messages) kept_.pop_front();
    bool more = false;
    const auto has_more = member(data, "hasMore");
    return has_more && !has_more->get(more) && more;
  }

  std::string last_id() const { return kept_.empty() ? std::string() : kept_.back().id; }

  void finish() {
    latest_messages latest{.json = {}, .last_id = last_id()};
    json_writer json(latest.json);
    json.begin_object().field("roomId", room_id_).key("messages").begin_array();
    for (const auto& m : kept_) json.raw(m.json);
    json.end_array();
    if (!kept_.empty()) json.field("lastMessageId", latest.last_id);
    json.end_object();
    then_(std::move(latest));
  }

  const door_context& door_;
  const caller who_;
  const std::string room_id_;
  const latest_handler then_;
  std::deque<kept_message> kept_;
  int pages_ = 0;
};

void write_resource(json_writer& json, std::string_view uri, std::string_view name,
                    std::string_view title, std::string_view description) {
  json.begin_object().field("uri", uri).field("name", name).field("title", title);
  json.field("description", description).field("mimeType", json_type).end_object();
}

void write_rooms(json_writer& json, element data) {
  simdjson::dom::array rooms;
  const auto list = member(data, "rooms");
  if (!list || list->get(rooms)) return;
  for (const auto room : rooms) {
    const auto id = text_member(room, "id").value_or("");
    const auto about = text_member(room, "description").value_or("");
    write_resource(json, room_uri(id), id, text_member(room, "name").value_or(id),
                   about.empty() ? "The latest messages of this room" : about);
  }
}

std::string contents(std::string_view uri, std::string_view text) {
  return R"({"contents":[)" + resource_contents(uri, text) + "]}";
}

}  // namespace

std::string room_uri(std::string_view room_id) {
  return std::string(rooms_uri) + '/' + std::string(room_id);
}

std::optional<std::string> room_of(std::string_view uri) {
  if (!uri.starts_with(rooms_uri) || uri.size() <= rooms_uri.size() || uri[rooms_uri.size()] != '/')
    return std::nullopt;
  const auto id = uri.substr(rooms_uri.size() + 1);
  if (!is_room_id(id)) return std::nullopt;
  return std::string(id);
}

void read_latest(const door_context& door, caller who, const std::string& room_id,
                 latest_handler then) {
  std::make_shared<room_reading>(door, std::move(who), room_id, std::move(then))->start();
}

std::vector<item> room_templates() {
  item room{.name = "room", .json = {}};
  json_writer(room.json)
      .begin_object()
      .field("uriTemplate", "chat://rooms/{roomId}")
      .field("name", "room")
      .field("title", "A chat room")
      .field("description", "The latest messages of a room; subscribe to hear of new ones")
      .field("mimeType", json_type)
      .end_object();
  return {std::move(room)};
}

void list_rooms_as_resources(const exchange_ptr& x, std::string_view cursor) {
  std::string input;
  json_writer json(input);
  json.begin_object().field("limit", limits::mcp_page_items);
  if (!cursor.empty()) json.field("cursor", cursor);
  json.end_object();
  call_command(x->door(), x->facts().who, "chat-rooms", input,
               [x, first = cursor.empty()](auto data) {
                 if (!data) return x->fail(data.error().as_rpc());
                 std::string out;
                 json_writer page(out);
                 page.begin_object().key("resources").begin_array();
                 if (first)
                   write_resource(page, rooms_uri, "rooms", "All rooms",
                                  "The rooms you may enter, and how many are in each");
                 write_rooms(page, *data);
                 page.end_array();
                 if (const auto next = text_member(*data, "nextCursor"))
                   page.field("nextCursor", *next);
                 page.end_object();
                 x->result(out, {limits::mcp_rooms_ttl, false});
               });
}

void read_rooms_resource(const exchange_ptr& x, std::string_view uri) {
  if (uri == rooms_uri)
    return call_command(x->door(), x->facts().who, "chat-rooms",
                        R"({"limit":)" + std::to_string(limits::rooms_page_max) + '}',
                        [x](auto data) {
                          if (!data) return x->fail(data.error().as_rpc());
                          x->result(contents(rooms_uri, simdjson::minify(*data)), {});
                        });
  const auto room_id = room_of(uri);
  if (!room_id) return x->fail(no_resource(*x, uri));
  read_latest(x->door(), x->facts().who, *room_id, [x, uri = std::string(uri)](auto latest) {
    if (!latest) return x->fail(room_error(*x, uri, latest.error()));
    x->result(contents(uri, latest->json), {});
  });
}

std::string resource_contents(std::string_view uri, std::string_view text) {
  std::string out;
  json_writer(out)
      .begin_object()
      .field("uri", uri)
      .field("mimeType", json_type)
      .field("text", text)
      .end_object();
  return out;
}

rpc_error room_error(const exchange& x, std::string_view uri, const command_failure& why) {
  return why.code == "ROOM_NOT_FOUND" ? no_resource(x, uri) : why.as_rpc();
}

}  // namespace chat::mcp
