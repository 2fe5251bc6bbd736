#pragma once
// The audit log as a file: one JSON object a line, ten files of 10 MB at most.

#include <filesystem>
#include <memory>

#include "actors/audit.hpp"
#include "model/failure.hpp"

namespace chat {

/// Opens or makes the file, readable by its owner only.
result<std::unique_ptr<audit_log>> open_audit_file(const std::filesystem::path& file);

}  // namespace chat
