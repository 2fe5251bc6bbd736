#pragma once
// `chatd repair --data DIR`: makes a damaged store usable again.

namespace chat {

/// Runs it; `argv` from the program's name on, "repair" behind it. What was kept and what was lost
/// goes to standard output, a refusal to standard error. Answers the exit code: 0 for a store that
/// is whole, or lost nothing; 1 when something was lost; 2 when nothing was done.
int repair(int argc, const char* const* argv);

}  // namespace chat
