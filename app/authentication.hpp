#pragma once
// Who may come in, and as whom: `--auth none`, `keys` or `jwt`.

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/audit.hpp"
#include "app/config.hpp"
#include "model/access_token.hpp"
#include "model/api_key.hpp"
#include "model/caller.hpp"
#include "model/failure.hpp"

namespace chat {

class authentication {
 public:
  /// Reads the keys. `audit` may be null; it outlives this. The failure is one line.
  static result<std::unique_ptr<authentication>> make(const config& settings, audit_log* audit);

  /// Who shows this Authorization header, from this address. UNAUTHORIZED where nobody knows; that
  /// is audited. Thread: any.
  result<caller> check(std::string_view authorization, const std::string& address) const;

  /// Reads the API keys again when their file has changed. Answers the users that have none any
  /// more. A file that cannot be read is logged, and the keys stay as they were. Thread: one.
  std::vector<std::string> refresh();

 private:
  authentication() = default;
  result<caller> identify(std::string_view authorization) const;
  result<caller> identify_key(std::string_view key) const;
  void audit_changes(const api_keys& before, const api_keys& now) const;

  audit_log* audit_ = nullptr;
  bool is_on_ = false;
  std::optional<access_tokens> tokens_;  // jwt
  std::filesystem::path key_file_;       // keys
  std::filesystem::file_time_type read_at_{};
  std::string failure_shown_;
  mutable std::mutex mutex_;  // guards keys_, held for copying a pointer
  std::shared_ptr<const api_keys> keys_;
};

/// Where `--auth keys` has its keys.
std::filesystem::path key_file_of(const config& settings);

}  // namespace chat
