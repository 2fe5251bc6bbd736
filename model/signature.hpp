#pragma once
// Hashes and signatures, by OpenSSL.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// Two digits a byte, in lower case.
std::string to_hex(std::string_view bytes);

/// 32 bytes.
std::string sha256(std::string_view bytes);
/// HMAC-SHA256 (RFC 2104), 32 bytes.
std::string hmac_sha256(std::string_view secret, std::string_view bytes);

/// The public half of a key that somebody else signs with. Constant once made. Thread: any.
class public_key {
 public:
  /// RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518, 3.3), from modulus and exponent, big-endian.
  /// Nothing for fewer than 2048 bits, or for what is no key.
  static std::optional<public_key> rsa(std::string_view modulus, std::string_view exponent);
  /// Ed25519 (RFC 8032), from 32 bytes. Nothing for any others.
  static std::optional<public_key> ed25519(std::string_view bytes);

  bool verify(std::string_view message, std::string_view signature) const;

 private:
  // OpenSSL's own type stays in the .cpp.
  explicit public_key(std::shared_ptr<void> key, bool hashes)
      : key_(std::move(key)), hashes_(hashes) {}
  std::shared_ptr<void> key_;
  bool hashes_;  // the message is hashed first; Ed25519 does that itself
};

}  // namespace chat
