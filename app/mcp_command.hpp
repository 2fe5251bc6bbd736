#pragma once
// `chatd mcp`: MCP on stdin and stdout, for clients that start programs.

namespace chat {

/// `argv` begins with `mcp`. Answers the exit status: 0; 2 when it was refused, with one line on
/// standard error.
int run_mcp_command(int argc, const char* const* argv);

}  // namespace chat
