#pragma once
// The answer of every command (contract, section 2).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/failure.hpp"

namespace chat {

/// Something the caller should know though the call worked.
struct warning {
  std::string code;
  std::string message;
  std::string origin = {};   ///< JSON members that say what of a batch it is about
  std::string details = {};  ///< a JSON object, for programs
};

/// What a command found out. `data` and `hints` are JSON; `hints` may be empty, and so may `data`
/// where `members` has it all.
struct command_result {
  bool success = true;
  std::string data = "{}";
  failure error;
  std::string reasoning;
  double confidence = 1.0;
  std::vector<warning> warnings;
  std::string hints;
  std::string members = {};           ///< of the answer of a batch or pipe: JSON without braces
  std::string metadata_members = {};  ///< the same, of its metadata
  std::string_view undo = {};         ///< the command that takes it back, if one does …
  std::string undo_args = {};         ///< … and its input, as JSON

  static command_result failed(failure why) {
    command_result r;
    r.success = false;
    r.error = std::move(why);
    r.confidence = 0.0;
    return r;
  }
};

/// What the node adds about the call itself.
struct result_metadata {
  double execution_ms = 0;
  std::string_view command_version;
  std::string_view trace_id;
  std::int64_t timestamp_ms = 0;
};

/// The CommandResult as JSON. Hints stand twice, at the top and in the metadata (contract, 2).
std::string encode(const command_result& result, const result_metadata& meta);

/// An answer, as encode made it, with one more warning.
std::string with_warning(const std::string& answer, const warning& w, std::string_view severity);

/// The error part alone, `{code, message, suggestion, retryable?, details?}`, as doors answer
/// refusals that no command saw.
std::string encode_error(const failure& why);

}  // namespace chat
