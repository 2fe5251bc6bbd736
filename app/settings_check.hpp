#pragma once
// What a start would stumble over in files: for `--check-config`.

#include <string>

#include "app/config.hpp"
#include "model/failure.hpp"

namespace chat {

/// Reads what the settings name – certificate, keys, secrets, the tokens' keys – and looks whether
/// the data directory and the audit log can be written. Makes nothing, opens no store: the node may
/// be running. Answers lines of warnings; the failure is the first thing a start would refuse.
result<std::string> check_files(const config& settings);

}  // namespace chat
