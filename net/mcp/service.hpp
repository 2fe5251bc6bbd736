#pragma once
// What an MCP server offers. The node's is its chat (net/mcp/chat_service.hpp); the protocol around
// it knows neither.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/limits.hpp"
#include "net/mcp/exchange.hpp"

namespace chat::mcp {

using simdjson::dom::element;

/// An argument of a tool that clients repeat as header `Mcp-Param-{header}` (2026-07-28,
/// basic/transports/streamable-http, Custom Headers from Tool Parameters).
struct header_argument {
  std::string header;
  std::vector<std::string> path;  ///< keys from the arguments to the value
};

/// An item of a list: its JSON, as clients get it.
struct item {
  std::string name;
  std::string json;
  std::vector<header_argument> headers = {};  ///< of a tool
};

/// A change that clients may want to hear of, besides those of a resource.
enum class change : std::uint8_t { tools, prompts, resources };

/// Thread: any. What takes a `params` may look at it until it returns or sends a call.
class service {
 public:
  struct identity {
    std::string name;
    std::string version;
    std::string instructions;
  };
  struct features {
    bool tools_change = false;
    bool prompts_change = false;
    bool resources_change = false;
    bool subscribe = true;
    bool completions = true;
    bool logging = false;
    std::size_t page_items = limits::mcp_page_items;
  };

  virtual ~service() = default;
  virtual const identity& who() const = 0;
  virtual features offers() const { return {}; }

  virtual std::span<const item> tools() const = 0;
  virtual std::span<const item> prompts() const = 0;
  virtual std::span<const item> templates() const = 0;

  /// `arguments` is an object or nothing.
  virtual void call_tool(exchange_ptr x, std::string_view name, std::optional<element> arguments,
                         element params) const = 0;
  virtual void list_resources(exchange_ptr x, std::string_view cursor) const = 0;
  virtual void read_resource(exchange_ptr x, std::string_view uri, element params) const = 0;
  virtual void get_prompt(exchange_ptr x, std::string_view name, std::optional<element> arguments,
                          element params) const = 0;
  virtual void complete(exchange_ptr x, element params) const = 0;

  /// Watches a resource as long as the object lives, and calls `changed` after changes, from any
  /// thread. `then` is called once, maybe at once: with the watch, or why there is none.
  using watch_reply = std::function<void(tl::expected<std::shared_ptr<void>, rpc_error>)>;
  virtual void watch(exchange_ptr x, const std::string& uri, std::function<void()> changed,
                     watch_reply then) const = 0;
  /// The same for lists that `offers` calls changing; others never change.
  virtual std::shared_ptr<void> watch(change, std::function<void()>) const { return nullptr; }
};

/// Why a resource cannot be read, as the request's revision has it.
rpc_error no_resource(const exchange& x, std::string_view uri);

}  // namespace chat::mcp
