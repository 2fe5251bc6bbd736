#pragma once
// `chatd key add|list|revoke`: the API keys of `--auth keys`. A node that runs takes changes over
// within a second.

namespace chat {

/// `argv` begins with `key`. Answers the exit status: 0; 2 when it was refused, with one line on
/// standard error.
int run_key_command(int argc, const char* const* argv);

}  // namespace chat
