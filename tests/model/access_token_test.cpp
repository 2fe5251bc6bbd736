// Tokens of others: who is let in, as whom, and who is not. Each is signed here with a key made
// for the test.

#include "model/access_token.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>
#include <vector>

#include "model/base64url.hpp"
#include "model/signature.hpp"

using namespace chat;

namespace {

constexpr std::int64_t now_s = 1'700'000'000;
const std::string shared_secret = "a secret of 32 bytes, at least..";

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64url(out, bytes);
  return out;
}

/// A key pair of OpenSSL's.
class key_pair {
 public:
  explicit key_pair(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}
  static key_pair rsa(unsigned bits) { return key_pair(EVP_RSA_gen(bits)); }
  static key_pair ed25519() { return key_pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

  std::string sign(std::string_view text, bool hashes) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    EVP_DigestSignInit(context.get(), nullptr, hashes ? EVP_sha256() : nullptr, nullptr,
                       key_.get());
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::vector<unsigned char> out(size);
    REQUIRE(EVP_DigestSign(context.get(), out.data(), &size, bytes, text.size()) == 1);
    return {reinterpret_cast<char*>(out.data()), size};
  }
  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
    std::vector<unsigned char> out(static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, out.data());
    BN_free(value);
    return {reinterpret_cast<char*>(out.data()), out.size()};
  }
  std::string raw_public() const {
    std::string out(32, '\0');
    auto size = out.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                        &size) == 1);
    return out;
  }
  std::string rsa_jwk(const std::string& kid) const {
    return R"({"kty":"RSA","use":"sig","kid":")" + kid + R"(","n":")" +
           encoded(number(OSSL_PKEY_PARAM_RSA_N)) + R"(","e":")" +
           encoded(number(OSSL_PKEY_PARAM_RSA_E)) + "\"}";
  }
  std::string ed25519_jwk(const std::string& kid) const {
    return R"({"kty":"OKP","crv":"Ed25519","kid":")" + kid + R"(","x":")" + encoded(raw_public()) +
           "\"}";
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

std::string input(const std::string& header, const std::string& claims) {
  return encoded(header) + '.' + encoded(claims);
}

std::string hs256(const std::string& claims, const std::string& with = shared_secret,
                  const std::string& header = R"({"alg":"HS256","typ":"JWT"})") {
  const auto text = input(header, claims);
  return text + '.' + encoded(hmac_sha256(with, text));
}

std::string signed_by(const key_pair& key, bool rsa, const std::string& header,
                      const std::string& claims = R"({"sub":"ada","exp":1700000060})") {
  const auto text = input(header, claims);
  return text + '.' + encoded(key.sign(text, rsa));
}

access_tokens by_secret(const std::string& issuer = "", const std::string& audience = "") {
  access_tokens tokens(issuer, audience);
  tokens.add_secret(shared_secret);
  return tokens;
}

/// The user's id, or why not.
std::string outcome(const access_tokens& tokens, const std::string& token) {
  const auto who = tokens.verify(token, now_s);
  return who ? who->user_id : who.error().message;
}

}  // namespace

TEST_CASE("a token says who somebody is and what they may do", "[model]") {
  const auto tokens = by_secret();
  const auto who = tokens.verify(
      hs256(R"({"sub":"ada@example.org","name":"Ada","exp":1700000060,"scope":"read admin x"})"),
      now_s);
  REQUIRE(who);
  CHECK(who->user_id == "ada@example.org");
  CHECK(who->name == "Ada");
  CHECK(who->may == scope::admin);
  const auto scope_of = [&](const std::string& claim) {
    const auto found = tokens.verify(hs256(R"({"sub":"a","exp":1700000060)" + claim + '}'), now_s);
    return found ? std::string(to_string(found->may)) : found.error().message;
  };
  CHECK(scope_of("") == "write");
  CHECK(scope_of(R"(,"scope":"read")") == "read");
  CHECK(scope_of(R"(,"scope":["openid","write"])") == "write");
  CHECK(scope_of(R"(,"scope":"openid profile")") == "The token grants nothing on this node");
  CHECK(scope_of(R"(,"scope":7)") == "The token grants nothing on this node");
}

TEST_CASE("a token's times are kept, with a minute for clocks that differ", "[model]") {
  const auto tokens = by_secret();
  const auto with = [&](const std::string& claims) {
    return outcome(tokens, hs256(R"({"sub":"ada",)" + claims + '}'));
  };
  CHECK(with(R"("exp":1699999941)") == "ada");
  CHECK(with(R"("exp":1699999940)") == "The token has expired");
  CHECK(with(R"("exp":1700000000.5)") == "ada");
  CHECK(with(R"("exp":"soon")") == "The token does not say when it expires");
  CHECK(with(R"("exp":1e300)") == "The token does not say when it expires");
  CHECK(with(R"("iat":1)") == "The token does not say when it expires");
  CHECK(with(R"("exp":1700000060,"nbf":1700000060)") == "ada");
  CHECK(with(R"("exp":1700000060,"nbf":1700000061)") == "The token is not yet valid");
  CHECK(with(R"("exp":1700000060,"nbf":"x")") == "The token is not yet valid");
}

TEST_CASE("a token for others, or of others, is refused", "[model]") {
  const auto tokens = by_secret("https://login.example", "chatd");
  const auto with = [&](const std::string& claims) {
    return outcome(tokens, hs256(R"({"sub":"ada","exp":1700000060)" + claims + '}'));
  };
  const std::string issuer = R"(,"iss":"https://login.example")";
  CHECK(with(issuer + R"(,"aud":"chatd")") == "ada");
  CHECK(with(issuer + R"(,"aud":["mail","chatd"])") == "ada");
  CHECK(with(issuer + R"(,"aud":["mail"])") == "The token is for another audience");
  CHECK(with(issuer) == "The token is for another audience");
  CHECK(with(R"(,"iss":"https://evil.example","aud":"chatd")") == "The token is of another issuer");
  CHECK(with(R"(,"aud":"chatd")") == "The token is of another issuer");
}

TEST_CASE("a token that is not signed as it must be is refused", "[model]") {
  const auto tokens = by_secret();
  const std::string claims = R"({"sub":"ada","exp":1700000060})";
  const std::string unsigned_by_us = "The token is not signed by a key that this node knows";
  CHECK(outcome(tokens, hs256(claims)) == "ada");
  CHECK(outcome(tokens, hs256(claims, "another secret of 32 bytes.......")) == unsigned_by_us);
  CHECK(outcome(tokens, hs256(claims, shared_secret, R"({"alg":"none"})")) == unsigned_by_us);
  CHECK(outcome(tokens, input(R"({"alg":"none"})", claims) + '.') == unsigned_by_us);
  CHECK(outcome(tokens, hs256(claims, shared_secret, R"({"alg":"HS256","crit":["x"]})")) ==
        "The token asks for extensions of its format");
  CHECK(outcome(tokens, "x") == "This is no JSON Web Token");
  CHECK(outcome(tokens, "a.b") == "This is no JSON Web Token");
  CHECK(outcome(tokens, "!.!.!") == "The token is malformed");
  CHECK(outcome(tokens, "..") == "The token is malformed");
  CHECK(outcome(tokens, hs256("[]")) == "The token does not say when it expires");
  CHECK(outcome(tokens, hs256(R"({"exp":1700000060})")) == "The token names nobody");
  CHECK(outcome(tokens, hs256(R"({"sub":"a\nb","exp":1700000060})")) == "The token names nobody");
  const auto token = hs256(claims);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(tokens.verify(changed, now_s));
  }
}

TEST_CASE("tokens are checked with the keys of a key set, each with its own algorithm", "[model]") {
  const auto rsa = key_pair::rsa(2048);
  const auto other_rsa = key_pair::rsa(2048);
  const auto ed = key_pair::ed25519();
  access_tokens tokens("", "");
  REQUIRE(tokens.add_key_set(R"({"keys":[{"kty":"EC","crv":"P-256"},{"kty":"RSA","use":"enc"},)" +
                             rsa.rsa_jwk("r1") + ',' + ed.ed25519_jwk("e1") + "]}"));
  const std::string no = "The token is not signed by a key that this node knows";
  CHECK(outcome(tokens, signed_by(rsa, true, R"({"alg":"RS256","kid":"r1"})")) == "ada");
  CHECK(outcome(tokens, signed_by(rsa, true, R"({"alg":"RS256"})")) == "ada");
  CHECK(outcome(tokens, signed_by(rsa, true, R"({"alg":"RS256","kid":"e1"})")) == no);
  CHECK(outcome(tokens, signed_by(other_rsa, true, R"({"alg":"RS256","kid":"r1"})")) == no);
  CHECK(outcome(tokens, signed_by(ed, false, R"({"alg":"EdDSA","kid":"e1"})")) == "ada");
  CHECK(outcome(tokens, signed_by(ed, false, R"({"alg":"RS256","kid":"e1"})")) == no);
  // A public key is no secret: signing with its bytes opens nothing (RFC 8725, 2.1).
  CHECK(outcome(tokens, hs256(R"({"sub":"ada","exp":1700000060})", ed.raw_public())) == no);
}

TEST_CASE("a key set without a key that can be used is refused", "[model]") {
  const auto refusal = [](const std::string& json) {
    access_tokens tokens("", "");
    const auto added = tokens.add_key_set(json);
    return added ? "taken" : added.error().message;
  };
  const std::string none =
      "has no RSA (2048 bits), Ed25519 or oct (256 bits) key to check signatures with";
  CHECK(refusal("{") != "taken");
  CHECK(refusal("{}") == "has no list of keys");
  CHECK(refusal(R"({"keys":[]})") == none);
  CHECK(refusal(R"({"keys":[7,{"kty":"oct","k":"c2hvcnQ"}]})") == none);
  CHECK(refusal(R"({"keys":[)" + key_pair::rsa(1024).rsa_jwk("weak") + "]}") == none);
  CHECK(refusal(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]})") == none);
  CHECK(refusal(R"({"keys":[{"kty":"oct","k":")" + encoded(shared_secret) + "\"}]}") == "taken");
}

// RFC 8037, appendix A.4.
TEST_CASE("an Ed25519 signature of others is understood", "[model]") {
  const auto key =
      public_key::ed25519(decode_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").value());
  REQUIRE(key);
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const auto signature = decode_base64url(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  REQUIRE(signature);
  CHECK(key->verify(text, *signature));
  CHECK_FALSE(key->verify(text + ' ', *signature));
}
