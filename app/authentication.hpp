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
#include "actors/rate_limiter.hpp"
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

  /// Who shows this Authorization header, from this address. UNAUTHORIZED where nobody knows, which
  /// is audited; RATE_LIMITED for an address that goes on showing what nobody knows. Thread: any.
  result<caller> check(std::string_view authorization, const std::string& address) const;

  /// What a user may do now; nothing for one who is none. For `none` and `keys`: with `jwt` only
  /// the token says. Thread: any.
  std::optional<scope> standing_of(std::string_view user_id) const;
  bool knows_users() const { return !is_jwt_; }

  /// Reads what tokens of `--auth jwt` are checked with again. A failure changes nothing. Thread:
  /// one.
  result<void> reload(const config& settings);

  /// Reads the API keys again when their file has changed: true if it did. A file that cannot be
  /// read, or is missing, is logged, and the keys stay as they were. Thread: one.
  bool refresh();

 private:
  authentication() = default;
  result<caller> identify(std::string_view authorization) const;
  result<caller> identify_key(std::string_view key) const;
  std::shared_ptr<const api_keys> keys() const;
  std::shared_ptr<const access_tokens> tokens() const;
  std::int64_t count_stranger(const std::string& address) const;
  void audit_changes(const api_keys& before, const api_keys& now) const;

  audit_log* audit_ = nullptr;
  bool is_on_ = false;
  bool is_jwt_ = false;
  std::filesystem::path key_file_;  // keys
  std::filesystem::file_time_type read_at_{};
  std::string failure_shown_;
  std::unique_ptr<rate_limiter> strangers_;  // null: nobody counts
  mutable std::mutex mutex_;                 // guards what follows, held for copying a pointer
  std::shared_ptr<const api_keys> keys_;
  std::shared_ptr<const access_tokens> tokens_;  // jwt
};

/// Where `--auth keys` has its keys.
std::filesystem::path key_file_of(const config& settings);

}  // namespace chat
