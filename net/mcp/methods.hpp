#pragma once
// The methods of MCP, whatever transport and era they come by.

#include "net/mcp/service.hpp"

namespace chat::mcp {

/// Runs a request. `initialize` is the sessions' business, not its.
void run(const exchange_ptr& x, const service& offered, const rpc_request& call);
/// Whether `run` knows it in that era.
bool is_method(std::string_view method, era when);

/// The result of `initialize`. `lasting`: there is a session, so that the server may notify.
std::string initialize_result(const service& offered, std::string_view version, bool lasting);

}  // namespace chat::mcp
