#pragma once
// The token that chat-connect hands off: a JWT (RFC 7519) in compact form (RFC 7515), signed with
// HMAC-SHA256 (RFC 7518, 3.2). It names one session in one room and is good for a few minutes;
// that it opens one connection only is the session's business.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/message.hpp"
#include "model/session.hpp"

namespace chat {

/// What a connection can do, as `caps` of a token and as clients are told: a JSON list. An event
/// stream hears of all of it, and says nothing.
inline constexpr std::string_view capabilities_of(session_transport transport) {
  return transport == session_transport::sse
             ? R"(["read-only","text","typing","presence","reactions"])"
             : R"(["text","typing","presence","reactions"])";
}

/// What a token says.
struct handoff_claims {
  std::string user_id;         ///< sub
  std::string session_id;      ///< sid
  std::string room_id;         ///< rid
  std::string token_id;        ///< jti: of ids.hpp
  std::int64_t issued_s = 0;   ///< iat, seconds since the Unix epoch
  std::int64_t expires_s = 0;  ///< exp
  std::string address = {};    ///< addr: whom it is good for; empty: for any (`--bind-ip`)
  /// What its client has: its connection gets what came after it. In the token, so that it holds
  /// for this one and survives the node.
  std::optional<sequence> since = {};
  session_transport transport = session_transport::websocket;  ///< proto: what it opens

  bool operator==(const handoff_claims&) const = default;
};

/// Signs and checks tokens with one secret. Thread: any; each call uses the thread's JSON parser.
class token_signer {
 public:
  /// `secret` has secret_bytes_min bytes at least (RFC 7518, 3.2: as many as the hash has).
  explicit token_signer(std::string secret) : secret_(std::move(secret)) {}
  static constexpr std::size_t secret_bytes_min = 32;

  std::string sign(const handoff_claims& claims) const;
  /// What a token says that was signed with this secret; nothing for any other text. Whether it
  /// has expired is for the caller, who has a clock. Takes the same time wherever the signature
  /// differs.
  std::optional<handoff_claims> verify(std::string_view token) const;

 private:
  std::string signature(std::string_view input) const;
  std::string secret_;
};

}  // namespace chat
