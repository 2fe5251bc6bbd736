#pragma once
// `chatd backup --data DIR --to DIR`: a copy of the store, also of a node that runs.

#include "storage/store.hpp"

namespace chat {

/// Of a node that runs it asks for a checkpoint, by a file in the data directory, as `chatd key`
/// does with keys; the store of one that is stopped it opens itself. Keys and the secret of tokens
/// go along. `argv[0]` is `backup`. Answers the exit code: 0, or 2 with one line on standard error.
int run_backup_command(int argc, const char* const* argv);

/// Makes the checkpoint that somebody asks for in the data directory, if somebody does. Called by
/// the node every second; takes about one. What becomes of it is left there for who asked.
void serve_backup(const store& db, const std::filesystem::path& data);

}  // namespace chat
