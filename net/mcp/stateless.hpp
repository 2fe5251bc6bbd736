#pragma once
// What every request of the stateless era carries: version and capabilities in `_meta`, repeated in
// headers (2026-07-28, basic, _meta; basic/transports/streamable-http, Request Metadata).

#include <optional>

#include "net/http_message.hpp"
#include "net/mcp/service.hpp"

namespace chat::mcp {

/// Whether a POST to /mcp is meant for that era: its `_meta` or its version header says so.
bool is_stateless(const http_request& request, const rpc_request& call);

struct stateless_refusal {
  rpc_error why;
  unsigned status = 400;
};
/// What is wrong with such a request before its method is looked at, or nothing.
std::optional<stateless_refusal> check_stateless(const http_request& request,
                                                 const rpc_request& call, const service& offered);

/// Fills in what `_meta` says. The request passed the check.
void read_meta(const rpc_request& call, request_facts& facts);

/// A header's value, decoded if it stands in `=?base64?…?=` (Value Encoding); nothing if that is
/// malformed.
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace chat::mcp
