#pragma once
// The tokens of `--auth jwt`: JWTs (RFC 7519) that somebody else signs, with HS256, RS256 (RFC
// 7518) or EdDSA (RFC 8037), and which say who a caller is.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/caller.hpp"
#include "model/failure.hpp"
#include "model/signature.hpp"

namespace chat {

/// Constant once made, but for adding keys. Thread: any; each call uses the thread's JSON parser.
class access_tokens {
 public:
  /// `issuer` and `audience` are what tokens must name (`iss`, `aud`); empty: anything.
  access_tokens(std::string issuer, std::string audience)
      : issuer_(std::move(issuer)), audience_(std::move(audience)) {}

  /// A secret of secret_bytes_min bytes at least, for HS256.
  void add_secret(std::string secret);
  static constexpr std::size_t secret_bytes_min = 32;  // RFC 7518, 3.2
  /// The keys of a JWK Set (RFC 7517): RSA, Ed25519 and oct; those of other kinds are left out, as
  /// its section 5 asks. VALIDATION_ERROR when it is none, or holds no key that can be used.
  result<void> add_key_set(std::string_view json);

  /// Who the token is about: `sub`, `name`, and the greatest of the scopes in `scope` (read, write,
  /// admin; write when it says nothing of scopes). UNAUTHORIZED when it is not signed by one of the
  /// keys, when `exp` or `nbf` are against it (with 60 s for clocks that differ), or when it is
  /// meant for somebody else. `now_s` is the wall clock.
  result<caller> verify(std::string_view token, std::int64_t now_s) const;

 private:
  struct key {
    std::string id;  // `kid`, may be empty
    std::string_view algorithm;
    std::variant<std::string, public_key> material;  // secret, or public key
  };
  bool is_signed(std::string_view algorithm, std::string_view key_id, std::string_view input,
                 std::string_view signature) const;

  std::string issuer_;
  std::string audience_;
  std::vector<key> keys_;
};

}  // namespace chat
