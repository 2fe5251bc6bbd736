#include "model/handoff_token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

// {"alg":"HS256","typ":"JWT"}: the only header this node writes, hence the only one it takes. What
// another header might ask for (`none`, another key) is never looked at.
constexpr std::string_view header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
void append_base64url(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
}

std::optional<std::string> decode_base64url(std::string_view text) {
  static constexpr auto values = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
      table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    return table;
  }();
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

}  // namespace

std::string token_signer::signature(std::string_view input) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(), &size);
  std::string text;
  append_base64url(text, {reinterpret_cast<const char*>(mac.data()), size});
  return text;
}

std::string token_signer::sign(const handoff_claims& claims) const {
  std::string payload;
  json_writer json(payload);
  json.begin_object()
      .field("sub", claims.user_id)
      .field("sid", claims.session_id)
      .field("rid", claims.room_id)
      .field("jti", claims.token_id)
      .field("iat", claims.issued_s)
      .field("exp", claims.expires_s)
      .field("proto", "websocket")
      .key("caps")
      .raw(R"(["text","typing","presence","reactions"])");
  if (claims.since) json.field("since", *claims.since);
  json.end_object();
  std::string token(header);
  token += '.';
  append_base64url(token, payload);
  auto mac = signature(token);
  token += '.';
  return token += mac;
}

std::optional<handoff_claims> token_signer::verify(std::string_view token) const {
  const auto dot = token.rfind('.');
  if (dot == std::string_view::npos || dot <= header.size()) return std::nullopt;
  const auto input = token.substr(0, dot);
  // The texts are compared, not what they decode to: a signature has one spelling.
  if (!equal_in_constant_time(token.substr(dot + 1), signature(input))) return std::nullopt;
  if (!input.starts_with(header) || input[header.size()] != '.') return std::nullopt;
  const auto payload = decode_base64url(input.substr(header.size() + 1));
  if (!payload) return std::nullopt;
  const auto json = parse_json(*payload);
  if (!json) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(text_member(*json, name).value_or(""));
  };
  const auto number = [&](std::string_view name) {
    const auto value = member(*json, name);
    return value && value->is_int64() ? value->get_int64().value_unsafe() : 0;
  };
  handoff_claims claims{text("sub"), text("sid"),   text("rid"),
                        text("jti"), number("iat"), number("exp")};
  if (member(*json, "since")) claims.since = static_cast<sequence>(number("since"));
  return claims;
}

}  // namespace chat
