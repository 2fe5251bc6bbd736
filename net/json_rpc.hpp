#pragma once
// The JSON-RPC 2.0 envelope, as /rpc and the MCP doors use it.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/http_message.hpp"

namespace chat {

/// One call. `params` is valid until the thread parses JSON again.
struct rpc_request {
  std::string id = "null";    ///< JSON, exactly as sent
  bool notification = false;  ///< nobody waits for a result
  std::string method;
  std::optional<simdjson::dom::element> params = {};
  /// It answers a request of ours (`parse_rpc` for both sides): `method` is empty, and this is its
  /// `result`, or nothing where it has an `error`.
  bool is_response = false;
  std::optional<simdjson::dom::element> result = {};
};

/// Why a call was not made; `code` is JSON-RPC's.
struct rpc_error {
  int code = 0;
  std::string message;
  std::string suggestion;
  std::string details = {};  ///< a JSON object whose members go into `data`, or empty
};
namespace rpc_code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
}  // namespace rpc_code

/// Reads a call. The failure is the whole answer, a 400. Lenient in one point: a call without
/// `jsonrpc` and without `id` is not a notification, it is answered with id null. Responses are
/// refused, but where both sides may call (`from`).
enum class rpc_from { caller, peer };
tl::expected<rpc_request, http_response> parse_rpc(std::string_view body,
                                                   rpc_from from = rpc_from::caller);

/// What is wrong with the JSON of a call, whatever number its id is; nothing where it is valid.
std::optional<failure> why_no_json(std::string_view body);

std::string rpc_result(std::string_view id, std::string_view result);
std::string rpc_failure(std::string_view id, const rpc_error& why);

}  // namespace chat
