#pragma once
// The subcommands of `afd`. Each answers the exit code of the program (settings.hpp).

#include <string>
#include <vector>

#include "cli/input.hpp"
#include "cli/outcome.hpp"
#include "cli/settings.hpp"

namespace chat::cli {

class remote;

/// Sees whether a node is there, and remembers it.
struct connect_request {
  std::string url = {};
  std::string transport = "http";  ///< sse: whether /sse opens is checked as well
};
int run_connect(settings s, const connect_request& r);
/// Which node is remembered, and how it is.
int run_status(const settings& s);
int run_disconnect(const settings& s);

/// What the node offers.
struct tools_request {
  std::string filter = {};  ///< part of a name or description
  std::string category = {};
  bool names_only = false;  ///< one a line, for shells
};
int run_tools(const settings& s, const tools_request& r);

/// One command; `arguments` as parse_arguments() takes them, or `-` for JSON on stdin.
struct call_request {
  std::string name = {};
  std::vector<std::string> arguments = {};
  bool shows_progress = true;  ///< of run_stream
};
int run_call(const settings& s, const call_request& r);
/// One command, its answer in chunks as they come.
int run_stream(const settings& s, const call_request& r);
/// The types of a command's input, as the node's tools/list has them.
type_lookup types_of(const settings& s, const std::string& command);
/// The input that a call_request means.
outcome<json> input_of(const settings& s, const call_request& r);
int call_command(const settings& s, const std::string& name, const json& input);
int stream_command(const settings& s, const std::string& name, const json& input,
                   bool shows_progress);
/// Shows a CommandResult.
int show_result(const settings& s, const json& result);

/// Many commands in one request.
struct batch_request {
  std::string commands = {};  ///< a JSON list, a file with one, or `-`
  bool stops_on_error = false;
  int parallel = 1;
};
int run_batch(const settings& s, const batch_request& r);

/// Lines instead of arguments, until `exit` or the end of stdin.
int run_shell(const settings& s);

/// A chat in a room.
struct chat_request {
  std::string room = {};
  std::string nickname = {};
};
int run_chat(const settings& s, const chat_request& r);

/// Holds a node to the contract.
struct validate_request {
  std::string category = {};  ///< of the tools that are called; empty: all
  bool warnings_fail = false;
};
int run_validate(const settings& s, const validate_request& r);

}  // namespace chat::cli
