#pragma once
// A write with an idempotencyKey: run once, and answered with the first answer ever after
// (call_memory.hpp).

#include "actors/command.hpp"

namespace chat {

/// Runs it, or answers with what it answered before, and `metadata.replayed`. A dry run finds
/// which.
void run_once(const command_run_ptr& run);

/// Keeps the answer of such a call, then gives it to the caller. One that cannot be kept carries
/// the warning ANSWER_NOT_KEPT: what was done is done.
void answer_once(command_actor* self, const call_ptr& call, command_answer answer);

}  // namespace chat
