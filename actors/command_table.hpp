#pragma once
// Every command of the node as data: what a client may know of it, and the function that runs it.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/caller.hpp"
#include "model/command_result.hpp"
#include "model/schema.hpp"

namespace chat {

class command_run;
using command_run_ptr = std::shared_ptr<command_run>;

/// A named input that works as it stands.
struct command_example {
  std::string_view title;
  std::string_view input;  ///< JSON
};

/// How many other commands a command runs.
enum class parts : std::uint8_t { none, one, many };

/// One command: a row of the table checks input, describes itself to agents and runs.
struct command_row {
  std::string_view name;
  std::string_view category;
  std::string_view description;
  std::span<const std::string_view> tags;
  std::span<const field> fields;
  std::string_view output = {};  ///< JSON Schema of `data` in a success; empty: any object
  std::string_view answer =
      {};  ///< JSON Schema of the whole answer where that has more than others
  std::span<const errc> errors;
  std::span<const command_example> examples = {};
  bool mutation = false;
  bool destructive = false;
  bool idempotent = false;
  bool undo_has_text = false;  ///< undoArgs hold what a message said: answered once, never kept
  /// It opens a session, and counts as a handoff. Coming back does not: a session bounds that.
  bool opens_session = false;
  std::string_view handoff_protocol = {};  ///< empty when the command is no handoff
  parts runs = parts::none;
  bool goes_on = false;  ///< on /stream/ it sends a room's messages as they come
  scope needs;           ///< FORBIDDEN for callers with less
  std::string_view version = "1.0.0";
  /// Of a batch and a pipe: the whole answer to input that does not fit. In theirs null is a value
  /// like another, and so refused, as the public contract has it.
  command_result (*refused)(failure why) = nullptr;
  void (*run)(command_run_ptr);
};

/// All rows, in the fixed order in which clients see them. They stay as they are once it was
/// called.
std::span<const command_row> command_table();
/// The row of that name, or null. `afd.batch`, as the public tool writes it, is afd-batch.
const command_row* find_command(std::string_view name);
/// What its input may be.
const input_schema& input_schema_of(const command_row& row);
/// Whether its input has a field of that name, at the top.
bool takes(const command_row& row, std::string_view name);
/// Codes it may fail with besides RATE_LIMITED and INTERNAL_ERROR: its own, and those that follow
/// from what it takes and needs.
std::vector<errc> errors_of(const command_row& row);

/// Names at least 0.4 alike by edit distance, best first, three at most (contract, section 7).
std::vector<std::string_view> similar_commands(std::string_view name);
/// A name that came in, short enough to be shown.
std::string shown_command(std::string_view name);
/// COMMAND_NOT_FOUND, with the names that may have been meant.
failure command_not_found(std::string_view name);

}  // namespace chat
