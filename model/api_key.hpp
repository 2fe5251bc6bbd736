#pragma once
// API keys (`--auth keys`): `chatd_<id>_<secret>`. Only their hashes are kept. One SHA-256 is
// enough for that: a secret of 256 random bits is not to be guessed, however fast the hash.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/caller.hpp"
#include "model/failure.hpp"

namespace chat {

/// What is kept of a key.
struct api_key {
  std::string id;    ///< 12 hexadecimal digits; no secret
  std::string hash;  ///< SHA-256 of the whole key, hexadecimal
  std::string user_id;
  std::string name;  ///< the user's display name, may be empty
  scope may = scope::write;
  std::int64_t created_ms = 0;

  bool operator==(const api_key&) const = default;
};

/// All keys of a node, as their file holds them. At most api_keys_max.
class api_keys {
 public:
  /// `{"keys":[{id, hash, userId, name, scope, createdAt}]}`. VALIDATION_ERROR for anything else;
  /// its message says what is wrong.
  static result<api_keys> parse(std::string_view json);
  std::string to_json() const;

  /// Makes a key and answers its text, which nobody can find out later.
  std::string add(std::string user_id, std::string name, scope may, std::int64_t now_ms);
  /// False when there is none of that id.
  bool remove(std::string_view id);

  /// The key of that text, or null. Takes the same time for every secret.
  const api_key* find(std::string_view text) const;
  /// The most that any key of the user allows; nothing where the user has none. Looked up in a map
  /// that is made when keys are parsed, so that it is cheap for many.
  std::optional<scope> scope_of(std::string_view user_id) const;
  const std::vector<api_key>& all() const { return keys_; }

 private:
  void count(const api_key& key);

  std::vector<api_key> keys_;
  std::map<std::string, scope, std::less<>> users_;
};

}  // namespace chat
