#pragma once
// What the checks of `afd validate` share: the node, what was found out, and how to ask.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/remote.hpp"

namespace chat::cli {

/// What a check found.
struct verdict {
  enum class kind { fine, off, skipped };
  kind what = kind::fine;
  std::string text = {};  ///< what is off, or why it was not looked at
};

inline verdict fine() { return {}; }
inline verdict off(std::string text) { return {verdict::kind::off, std::move(text)}; }
inline verdict skipped(std::string text) { return {verdict::kind::skipped, std::move(text)}; }

/// Thread: one.
class inspection {
 public:
  inspection(remote node, std::string category);

  /// One request. A node that finds us too fast is asked again when it says so, which is told on
  /// stderr: a handoff may take as long as a minute.
  node_client::answer send(const std::string& method, const std::string& path,
                           const std::string& body = {}, const client_headers& headers = {}) const;
  /// POST of JSON, or of what is none; `body_of` answers null for what is not JSON.
  node_client::answer post(const std::string& path, const std::string& body,
                           const client_headers& headers = {}) const;
  /// The `result` of a call to /rpc, or null.
  json call(const std::string& command, const json& input = json::object()) const;

  const remote node;
  const std::string category;  ///< of tools that are called; empty: all
  const std::string room;      ///< of our own
  bool has_room = false;
};

struct check {
  const char* name;
  const char* section;  ///< of the contract
  verdict (*run)(inspection&);
};

/// Doors over HTTP; commands and their results; the chat, in a room of its own.
std::span<const check> door_checks();
std::span<const check> command_checks();
std::span<const check> chat_checks();
/// Whether SIGINT or SIGTERM came since the first call; the second one ends the process.
bool is_interrupted();
/// Removes the room.
verdict clean_up(inspection& i);

json body_of(const node_client::answer& answer);
/// What is wrong with it as a CommandResult (contract, 2); empty: nothing.
std::string fault_of_result(const json& result);
/// The text of a failed result's code, or empty.
std::string code_of(const json& result);
/// As an `off` shows it: cut to a line.
std::string shown(const json& value);

}  // namespace chat::cli
