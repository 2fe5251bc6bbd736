#include "model/access_token.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "model/base64url.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/limits.hpp"
#include "model/shown_name.hpp"

namespace chat {

namespace {

using simdjson::dom::element;

constexpr std::string_view hs256 = "HS256";
constexpr std::string_view rs256 = "RS256";
constexpr std::string_view eddsa = "EdDSA";
constexpr auto skew_s = std::chrono::seconds(limits::clock_skew).count();

tl::unexpected<failure> refuse(std::string why, std::string suggestion = {}) {
  return tl::unexpected(make_failure(errc::unauthorized, std::move(why), std::move(suggestion)));
}

// A NumericDate may have a fraction (RFC 7519, section 2).
std::optional<std::int64_t> date_member(element claims, std::string_view name) {
  const auto value = member(claims, name);
  double seconds = 0;
  if (!value || value->get(seconds) || std::abs(seconds) > 0x1p53) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

// A text, or one of a list of them: `aud` (RFC 7519, 4.1.3), `scope`.
template <class Test>
bool any_text(element value, Test test) {
  std::string_view text;
  if (!value.get(text)) return test(text);
  simdjson::dom::array list;
  if (value.get(list)) return false;
  return std::any_of(list.begin(), list.end(),
                     [&](element item) { return !item.get(text) && test(text); });
}

// `scope` is a text of words (RFC 8693, 4.2), or a list of them. Nothing: none of ours.
std::optional<scope> granted(element claims) {
  const auto value = member(claims, "scope");
  if (!value) return scope::write;
  std::optional<scope> most;
  any_text(*value, [&](std::string_view words) {
    while (!words.empty()) {
      const auto end = std::min(words.find(' '), words.size());
      const auto one = parse_scope(words.substr(0, end));
      if (one && (!most || *most < *one)) most = one;
      words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
  });
  return most;
}

result<caller> to_caller(element claims) {
  caller who;
  who.user_id = text_member(claims, "sub").value_or("");
  if (!is_user_id(who.user_id))
    return refuse("The token names nobody", "Get one whose `sub` is a user id of 1 to 128 letters");
  who.name = cleaned_name(text_member(claims, "name").value_or(""), limits::nickname_units_max);
  const auto may = granted(claims);
  if (!may)
    return refuse("The token grants nothing on this node",
                  "Get one whose `scope` holds read, write or admin");
  who.may = *may;
  return who;
}

}  // namespace

void access_tokens::add_secret(std::string secret) {
  keys_.push_back({{}, hs256, std::move(secret)});
}

result<void> access_tokens::add_key_set(std::string_view json) {
  const auto bad = [](std::string what) {
    return tl::unexpected(make_failure(errc::validation_error, std::move(what),
                                       "Give a JWK Set, as identity providers publish it"));
  };
  const auto document = parse_json(json);
  if (!document) return bad("is no JSON: " + document.error().message);
  const auto list = member(*document, "keys");
  const auto before = keys_.size();
  simdjson::dom::array items;
  if (!list || list->get(items)) return bad("has no list of keys");
  for (const auto item : items) {
    const auto text = [&](std::string_view name) { return text_member(item, name).value_or(""); };
    const auto bytes = [&](std::string_view name) {
      return decode_base64url(text(name)).value_or("");
    };
    if (keys_.size() == limits::access_keys_max) return bad("has too many keys");
    if (text("use") != "sig" && !text("use").empty()) continue;
    const std::string id(text("kid"));
    const auto kind = text("kty");
    if (kind == "oct" && bytes("k").size() >= secret_bytes_min)
      keys_.push_back({id, hs256, bytes("k")});
    else if (kind == "RSA") {
      if (auto made = public_key::rsa(bytes("n"), bytes("e")))
        keys_.push_back({id, rs256, std::move(*made)});
    } else if (kind == "OKP" && text("crv") == "Ed25519") {
      if (auto made = public_key::ed25519(bytes("x")))
        keys_.push_back({id, eddsa, std::move(*made)});
    }
  }
  if (keys_.size() == before)
    return bad("has no RSA (2048 bits), Ed25519 or oct (256 bits) key to check signatures with");
  return {};
}

// A key checks its own algorithm only, whatever the token asks for: nobody gets a public key taken
// for a secret (RFC 8725, 3.1).
bool access_tokens::is_signed(std::string_view algorithm, std::string_view key_id,
                              std::string_view input, std::string_view signature) const {
  return std::ranges::any_of(keys_, [&](const key& k) {
    if (k.algorithm != algorithm) return false;
    if (!key_id.empty() && !k.id.empty() && k.id != key_id) return false;
    if (const auto* secret = std::get_if<std::string>(&k.material))
      return equal_in_constant_time(hmac_sha256(*secret, input), signature);
    return std::get<public_key>(k.material).verify(input, signature);
  });
}

result<caller> access_tokens::verify(std::string_view token, std::int64_t now_s) const {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last)
    return refuse("This is no JSON Web Token", "Send Authorization: Bearer <token>");
  const auto header_text = decode_base64url(token.substr(0, first));
  const auto payload = decode_base64url(token.substr(first + 1, last - first - 1));
  const auto signature = decode_base64url(token.substr(last + 1));
  if (!header_text || !payload || !signature) return refuse("The token is malformed");
  {
    const auto header = parse_json(*header_text);
    if (!header) return refuse("The token is malformed");
    // What must be understood and is not (RFC 7515, 4.1.11).
    if (member(*header, "crit")) return refuse("The token asks for extensions of its format");
    if (!is_signed(text_member(*header, "alg").value_or(""),
                   text_member(*header, "kid").value_or(""), token.substr(0, last), *signature))
      return refuse("The token is not signed by a key that this node knows");
  }
  const auto claims = parse_json(*payload);
  if (!claims) return refuse("The token is malformed");
  const auto expires = date_member(*claims, "exp");
  if (!expires) return refuse("The token does not say when it expires", "Get one with `exp`");
  if (now_s >= *expires + skew_s) return refuse("The token has expired", "Get a new one");
  const auto begins = date_member(*claims, "nbf");
  if (member(*claims, "nbf") && (!begins || now_s < *begins - skew_s))
    return refuse("The token is not yet valid", "Wait, or set this machine's clock");
  if (!issuer_.empty() && text_member(*claims, "iss").value_or("") != issuer_)
    return refuse("The token is of another issuer", "Get one of the issuer this node trusts");
  const auto audience = member(*claims, "aud");
  const auto is_me = [&](std::string_view text) { return text == audience_; };
  if (!audience_.empty() && !(audience && any_text(*audience, is_me)))
    return refuse("The token is for another audience", "Get one for this node");
  return to_caller(*claims);
}

}  // namespace chat
