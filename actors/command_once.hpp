#pragma once
// A write with an idempotencyKey: run once, and answered with the first answer ever after
// (call_memory.hpp).

#include "actors/command.hpp"

namespace chat {

/// Runs it, or answers with what it answered before, and `metadata.replayed`. A dry run finds
/// which.
void run_once(const command_run_ptr& run);

/// Keeps the answer of such a call, then gives it to the caller. One that cannot be kept, or is not
/// kept in time, carries the warning ANSWER_NOT_KEPT: the command is not undone. Its key is free
/// again only when nothing was done, or when the answer is not kept for certain.
void answer_once(const command_run_ptr& run, command_answer answer);
/// That answer, with the warning.
std::string answer_not_kept(const std::string& first, const std::string& why);

}  // namespace chat
