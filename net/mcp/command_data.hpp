#pragma once
// Commands called by the node itself, on behalf of a client of MCP.

#include <functional>
#include <string>
#include <string_view>

#include "net/http_config.hpp"
#include "net/json_rpc.hpp"

namespace chat::mcp {

/// What a command answered, as far as MCP has a use for it.
struct command_failure {
  std::string code;  ///< SCREAMING_SNAKE_CASE
  std::string message;
  std::string suggestion;
  std::int64_t retry_after_ms = 0;

  /// As JSON-RPC has it, where there is no better way to say it.
  rpc_error as_rpc() const;
};
/// `data` is good until the thread parses JSON again.
using data_handler =
    std::function<void(tl::expected<simdjson::dom::element, command_failure> data)>;

/// What such a call has that one of a client has not.
struct call_manner {
  bool is_paid = false;  ///< it is the node's doing, not the user's: no rate counts it
  interest_ptr still_wanted = {};
};

/// Calls a command with `input`, a JSON object. Parses JSON: what was parsed before is gone. `then`
/// is called once, on some loop's thread, maybe at once.
void call_command(const door_context& door, caller who, std::string_view command,
                  std::string_view input, data_handler then, call_manner how = {});

}  // namespace chat::mcp
