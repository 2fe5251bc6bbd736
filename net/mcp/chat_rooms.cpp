#include "net/mcp/chat_rooms.hpp"

#include <algorithm>
#include <vector>

#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat::mcp {

namespace {

constexpr std::string_view json_type = "application/json";

struct told_message {
  std::string id;
  std::string json;
};

// The messages of a page of chat-history, oldest first.
std::vector<told_message> messages_of(element data) {
  std::vector<told_message> all;
  simdjson::dom::array messages;
  const auto list = member(data, "messages");
  if (!list || list->get(messages)) return all;
  for (const auto one : messages)
    if (const auto id = text_member(one, "id"))
      all.push_back({std::string(*id), simdjson::minify(one)});
  std::ranges::sort(all, {}, &told_message::id);
  return all;
}

latest_messages latest_of(std::string_view room_id, element data) {
  const auto all = messages_of(data);
  latest_messages latest;
  json_writer json(latest.json);
  json.begin_object().field("roomId", room_id).key("messages").begin_array();
  for (const auto& m : all) json.raw(m.json);
  json.end_array();
  if (!all.empty()) json.field("lastMessageId", latest.last_id = all.back().id);
  json.end_object();
  return latest;
}

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
  std::string input;
  json_writer(input)
      .begin_object()
      .field("roomId", room_id)
      .field("limit", limits::mcp_resource_messages)
      .field("maxChars", limits::mcp_page_chars)
      .end_object();
  call_command(door, std::move(who), "chat-history", input,
               [room_id, then = std::move(then)](auto data) {
                 if (!data) return then(tl::unexpected(std::move(data.error())));
                 then(latest_of(room_id, *data));
               });
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
