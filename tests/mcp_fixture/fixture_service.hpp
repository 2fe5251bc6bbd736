#pragma once
// What the fixture offers over MCP.

#include "net/mcp/service.hpp"

namespace chat::fixture {

std::shared_ptr<const mcp::service> make_fixture();

}  // namespace chat::fixture
