#include "net/mcp/methods.hpp"

#include <algorithm>
#include <charconv>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/mcp/subscriptions.hpp"

namespace chat::mcp {

namespace {

using params = std::optional<element>;

std::string capabilities(const service& offered, bool lasting) {
  const auto offers = offered.offers();
  std::string out;
  json_writer json(out);
  const auto changing = [&](std::string_view name, bool changes) -> json_writer& {
    json.key(name).begin_object();
    if (changes && lasting) json.field("listChanged", true);
    return json;
  };
  json.begin_object();
  changing("tools", offers.tools_change).end_object();
  changing("resources", offers.resources_change);
  if (offers.subscribe && lasting) json.field("subscribe", true);
  json.end_object();
  changing("prompts", offers.prompts_change).end_object();
  if (offers.completions) json.key("completions").begin_object().end_object();
  if (offers.logging) json.key("logging").begin_object().end_object();
  json.end_object();
  return out;
}

void ping(const exchange_ptr& x, const service&, params) { x->result("{}"); }

void discover(const exchange_ptr& x, const service& offered, params) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("supportedVersions").raw(supported_versions());
  json.key("capabilities").raw(capabilities(offered, true));
  json.field("instructions", offered.who().instructions).end_object();
  x->result(out, {limits::mcp_fixed_ttl, true});
}

// Where the page begins that a cursor names; nothing for cursors that we never gave out.
std::optional<std::size_t> page_begin(std::string_view cursor, std::size_t size) {
  if (cursor.empty()) return 0;
  std::size_t at = 0;
  const auto [end, ec] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), at);
  if (ec != std::errc{} || end != cursor.data() + cursor.size() || at == 0 || at >= size)
    return std::nullopt;
  return at;
}

// The cursor of a list request; nothing, after the answer, when it is not a text.
std::optional<std::string_view> cursor_of(const exchange_ptr& x, params p) {
  const auto given = p ? member(*p, "cursor") : std::nullopt;
  if (!given || given->is_null()) return "";
  if (const auto text = text_member(*p, "cursor")) return *text;
  x->fail_params("params.cursor is not a string", "Pass nextCursor of the page before, or none");
  return std::nullopt;
}

void list(const exchange_ptr& x, const service& offered, params p, std::string_view key,
          std::span<const item> all) {
  const auto cursor = cursor_of(x, p);
  if (!cursor) return;
  const auto begin = page_begin(*cursor, all.size());
  if (!begin)
    return x->fail_params("params.cursor is none that this node gave out",
                          "Pass nextCursor of the page before, or none for the first page");
  const auto end = std::min(all.size(), *begin + offered.offers().page_items);
  std::string out;
  json_writer json(out);
  json.begin_object().key(key).begin_array();
  for (const auto& one : all.subspan(*begin, end - *begin)) json.raw(one.json);
  json.end_array();
  if (end < all.size()) json.field("nextCursor", std::to_string(end));
  json.end_object();
  x->result(out, {limits::mcp_fixed_ttl, true});
}

void list_tools(const exchange_ptr& x, const service& offered, params p) {
  list(x, offered, p, "tools", offered.tools());
}
void list_prompts(const exchange_ptr& x, const service& offered, params p) {
  list(x, offered, p, "prompts", offered.prompts());
}
void list_templates(const exchange_ptr& x, const service& offered, params p) {
  list(x, offered, p, "resourceTemplates", offered.templates());
}
void list_resources(const exchange_ptr& x, const service& offered, params p) {
  if (const auto cursor = cursor_of(x, p)) offered.list_resources(x, *cursor);
}

// A call of something by name: its arguments are an object or not there.
void call(const exchange_ptr& x, params p, std::string_view what,
          const std::function<void(std::string_view, params)>& then) {
  const auto name = p ? text_member(*p, "name") : std::nullopt;
  if (!name)
    return x->fail_params("params.name is missing or not a string",
                          "Name one of " + std::string(what) + "/list in params.name");
  auto arguments = member(*p, "arguments");
  if (arguments && arguments->is_null()) arguments.reset();
  if (arguments && !arguments->is_object())
    return x->fail_params("params.arguments is not an object",
                          "Give the input as an object in params.arguments");
  then(*name, arguments);
}

void call_tool(const exchange_ptr& x, const service& offered, params p) {
  call(x, p, "tools", [&](auto name, auto args) { offered.call_tool(x, name, args, *p); });
}
void get_prompt(const exchange_ptr& x, const service& offered, params p) {
  call(x, p, "prompts", [&](auto name, auto args) { offered.get_prompt(x, name, args, *p); });
}

void read_resource(const exchange_ptr& x, const service& offered, params p) {
  const auto uri = p ? text_member(*p, "uri") : std::nullopt;
  if (!uri)
    return x->fail_params("params.uri is missing or not a string",
                          "Name a resource of resources/list in params.uri");
  offered.read_resource(x, *uri, *p);
}

void complete(const exchange_ptr& x, const service& offered, params p) {
  const auto ref = p ? member(*p, "ref") : std::nullopt;
  const auto argument = p ? member(*p, "argument") : std::nullopt;
  if (!ref || !ref->is_object() || !argument || !text_member(*argument, "name"))
    return x->fail_params("params.ref or params.argument.name is missing",
                          R"(Send {"ref":{"type":"ref/prompt","name":…},"argument":{"name":…,)"
                          R"("value":…}})");
  offered.complete(x, *p);
}

void set_level(const exchange_ptr& x, const service&, params p) {
  const auto text = p ? text_member(*p, "level") : std::nullopt;
  const auto level = text ? parse_log_level(*text) : std::nullopt;
  if (!level)
    return x->fail_params("params.level is missing or no log level",
                          "Use debug, info, notice, warning, error, critical, alert or emergency");
  if (x->facts().session) x->facts().session->set_log_level(*level);
  x->result("{}");
}

struct method_row {
  std::string_view name;
  bool in_sessions;
  bool stateless;
  void (*run)(const exchange_ptr&, const service&, params);
  bool (*offered)(const service::features&) = nullptr;  // null: always
};

constexpr bool logs(const service::features& f) { return f.logging; }
constexpr bool subscribes(const service::features& f) { return f.subscribe; }
constexpr bool completes(const service::features& f) { return f.completions; }

constexpr method_row methods[] = {
    {"ping", true, false, ping},
    {"server/discover", false, true, discover},
    {"tools/list", true, true, list_tools},
    {"tools/call", true, true, call_tool},
    {"resources/list", true, true, list_resources},
    {"resources/templates/list", true, true, list_templates},
    {"resources/read", true, true, read_resource},
    {"resources/subscribe", true, false, subscribe, subscribes},
    {"resources/unsubscribe", true, false, unsubscribe, subscribes},
    {"subscriptions/listen", false, true, listen},
    {"prompts/list", true, true, list_prompts},
    {"prompts/get", true, true, get_prompt},
    {"completion/complete", true, true, complete, completes},
    {"logging/setLevel", true, false, set_level, logs},
};

const method_row* find_method(std::string_view name, era when) {
  const auto found = std::ranges::find_if(methods, [&](const method_row& row) {
    return row.name == name && (when == era::session ? row.in_sessions : row.stateless);
  });
  return found == std::end(methods) ? nullptr : &*found;
}

bool is_offered(const method_row& row, const service& offered) {
  return !row.offered || row.offered(offered.offers());
}

std::string known_methods(era when, const service& offered) {
  std::string names = when == era::session ? "initialize" : "";
  for (const auto& row : methods)
    if (find_method(row.name, when) && is_offered(row, offered))
      names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

}  // namespace

bool is_method(std::string_view method, era when) { return find_method(method, when) != nullptr; }

void run(const exchange_ptr& x, const service& offered, const rpc_request& call) {
  const auto when = x->facts().when;
  const auto* method = find_method(call.method, when);
  if (!method || !is_offered(*method, offered))
    return x->fail(
        {rpc_code::method_not_found, "Unknown method", "Use " + known_methods(when, offered)},
        x->is_stateless() ? 404 : 200);
  const auto p = call.params && call.params->is_object() ? call.params : std::nullopt;
  method->run(x, offered, p);
}

std::string initialize_result(const service& offered, std::string_view version, bool lasting) {
  const auto& who = offered.who();
  std::string out;
  json_writer json(out);
  json.begin_object().field("protocolVersion", version);
  json.key("capabilities").raw(capabilities(offered, lasting));
  json.key("serverInfo").begin_object();
  json.field("name", who.name).field("version", who.version).end_object();
  json.field("instructions", who.instructions).end_object();
  return out;
}

rpc_error no_resource(const exchange& x, std::string_view uri) {
  std::string details;
  json_writer(details).begin_object().field("uri", uri).end_object();
  return {x.is_stateless() ? rpc_code::invalid_params : error_code::resource_not_found,
          "Resource not found", "resources/list names all that you may read", std::move(details)};
}

}  // namespace chat::mcp
