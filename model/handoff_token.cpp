#include "model/handoff_token.hpp"

#include "model/base64url.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/signature.hpp"

namespace chat {

namespace {

// {"alg":"HS256","typ":"JWT"}: the only header this node writes, hence the only one it takes. What
// another header might ask for (`none`, another key) is never looked at.
constexpr std::string_view header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

}  // namespace

std::string token_signer::signature(std::string_view input) const {
  std::string text;
  append_base64url(text, hmac_sha256(secret_, input));
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
      .field("proto", to_string(claims.transport))
      .key("caps")
      .raw(capabilities_of(claims.transport));
  if (!claims.address.empty()) json.field("addr", claims.address);
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
  claims.address = text("addr");
  if (text("proto") == to_string(session_transport::sse)) claims.transport = session_transport::sse;
  if (member(*json, "since")) claims.since = static_cast<sequence>(number("since"));
  return claims;
}

}  // namespace chat
