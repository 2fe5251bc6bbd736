#pragma once
// `chatd config`: the file with the settings.

namespace chat {

/// `init` writes one, `check` looks at one and at the files it names, `show` prints what is in
/// force, `table` what there is to set. `argv[0]` is `config`. Answers the process's exit code: 0,
/// or 2 with one line on stderr that says what to do.
int run_config_command(int argc, const char* const* argv);

}  // namespace chat
