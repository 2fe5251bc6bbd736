#pragma once
// A write with an idempotencyKey: run once, and answered with the first answer ever after
// (call_memory.hpp).

#include "actors/command.hpp"

namespace chat {

/// Runs it, or answers with what it answered before, and `metadata.replayed`. A dry run finds
/// which.
void run_once(const command_run_ptr& run);

/// Keeps the answer of such a call, then gives it to the caller. One that cannot be kept, or is not
/// kept in time, carries the warning ANSWER_NOT_KEPT: what was done is done. Its key is free again
/// only when it is known that nothing was done, or that the answer is not kept.
void answer_once(const command_run_ptr& run, command_answer answer);
/// That answer, with the warning.
std::string answer_not_kept(const std::string& first, const std::string& why);

}  // namespace chat
