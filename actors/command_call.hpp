#pragma once
// A call of an AFD command on its way from a door to the command actor and back.

#include <simdjson.h>

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/interest.hpp"
#include "model/caller.hpp"
#include "model/command_result.hpp"
#include "model/failure.hpp"
#include "model/schema.hpp"
#include "model/session.hpp"

namespace chat {

struct command_row;

/// What a door gets back.
struct command_answer {
  std::string json;  ///< the whole CommandResult
  bool success = false;
  std::int64_t retry_after_ms = 0;  ///< a caller that was too fast may go on then
};

/// One call. Made by a door with `make_call`, sent to a command actor as a `call_ptr`.
struct command_call {
  const command_row* row = nullptr;  ///< null: no such command
  std::string command;               ///< as asked for, cut to 128 UTF-16 units
  result<checked_input> input = tl::unexpected(failure{});
  caller who;
  const command_row* within = nullptr;  ///< the command that runs this one as a part of it
  std::string fingerprint;              ///< of command and input, where it has an idempotencyKey
  bool is_paid = false;                 ///< the caller's rate knows of it already
  participant_kind speaks_as = participant_kind::human;  ///< what the door takes the caller for
  std::string websocket_base;   ///< `ws://host:port` that handoffs name as endpoint
  std::int64_t page_chars = 0;  ///< what pages are cut to where the input does not say; 0: nothing
  interest_ptr still_wanted = {};      ///< of the caller
  std::vector<warning> warnings = {};  ///< what the door noticed
  /// Called exactly once, on some loop's thread; must not throw.
  std::function<void(command_answer)> answer;
};
using call_ptr = std::shared_ptr<command_call>;

/// Looks up the row and checks the input against its schema. `arguments` may be nothing (no
/// input). Whatever is wrong is kept in the call and answered as a failed CommandResult, so that
/// every call takes the same path. Uses the thread's JSON parser only while it runs.
call_ptr make_call(std::string_view command, std::optional<simdjson::dom::element> arguments);

/// Which of the two fields that make a write safe to try and to retry, dryRun and idempotencyKey,
/// a name was meant to be; empty when it is neither.
std::string_view meant_of_writes(std::string_view name);

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::call_ptr)
