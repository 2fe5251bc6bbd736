// Handoff tokens: what is signed comes back, and nothing else does.

#include "model/handoff_token.hpp"

#include <catch2/catch.hpp>

using namespace chat;

namespace {

const std::string secret(32, 's');

handoff_claims some_claims() {
  return {.user_id = "user \"1\"",
          .session_id = "sess-1",
          .room_id = "general",
          .token_id = "one",
          .issued_s = 1'700'000'000,
          .expires_s = 1'700'000'300};
}

}  // namespace

TEST_CASE("a token says what was signed", "[model]") {
  const token_signer signer(secret);
  const auto claims = signer.verify(signer.sign(some_claims()));
  REQUIRE(claims);
  CHECK(claims->user_id == "user \"1\"");
  CHECK(claims->session_id == "sess-1");
  CHECK(claims->room_id == "general");
  CHECK(claims->token_id == "one");
  CHECK(claims->issued_s == 1'700'000'000);
  CHECK(claims->expires_s == 1'700'000'300);
}

TEST_CASE("a token says what it opens", "[model]") {
  const token_signer signer(secret);
  auto claims = some_claims();
  CHECK(signer.verify(signer.sign(claims))->transport == session_transport::websocket);
  claims.transport = session_transport::sse;
  CHECK(signer.verify(signer.sign(claims)) == claims);
}

// Made with the json, base64 and hmac modules of Python 3.11.
TEST_CASE("a token is a JWT as others write and read them", "[model]") {
  const token_signer signer(secret);
  const std::string theirs =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiJ1c2VyIFwiMVwiIiwic2lkIjoic2Vzcy0xIiwicmlkIjoiZ2VuZXJhbCIsImp0aSI6Im9uZSIsImlhdC"
      "I6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMzAwLCJwcm90byI6IndlYnNvY2tldCIsImNhcHMiOlsidGV4dCIsInR5"
      "cGluZyIsInByZXNlbmNlIiwicmVhY3Rpb25zIl19"
      ".-JpJaomJRWSoN0T1v4vIJi0UJ9_xLTM7nOUBeFa4n0A";
  const auto claims = signer.verify(theirs);
  REQUIRE(claims);
  CHECK(claims->session_id == "sess-1");
  CHECK(claims->expires_s == 1'700'000'300);
  CHECK(signer.sign(some_claims()) == theirs);
}

TEST_CASE("a token with any character changed, cut or added says nothing", "[model]") {
  const token_signer signer(secret);
  const auto token = signer.sign(some_claims());
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    for (const char c : {'A', 'B', '.', '=', '\0', '\xff'}) {
      if (token[i] == c) continue;
      changed[i] = c;
      CHECK_FALSE(signer.verify(changed));
    }
    CHECK_FALSE(signer.verify(std::string_view(token).substr(0, i)));
    CHECK_FALSE(signer.verify(std::string_view(token).substr(i + 1)));
  }
  for (const auto& other : {token + "A", token + "=", token + ".", "." + token, token + " "})
    CHECK_FALSE(signer.verify(other));
  for (const char* other :
       {"", ".", "..", "...", "a.b.c", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.."})
    CHECK_FALSE(signer.verify(other));
}

TEST_CASE("a token of another secret, or of no algorithm, says nothing", "[model]") {
  const token_signer signer(secret);
  CHECK_FALSE(signer.verify(token_signer(std::string(32, 't')).sign(some_claims())));
  const auto token = signer.sign(some_claims());
  const auto payload = token.substr(token.find('.'), token.rfind('.') - token.find('.') + 1);
  // {"alg":"none"} without a signature, and with the right one for another header.
  CHECK_FALSE(signer.verify("eyJhbGciOiJub25lIn0" + payload));
  CHECK_FALSE(signer.verify("eyJhbGciOiJub25lIn0" + payload + token.substr(token.rfind('.') + 1)));
}

TEST_CASE("two tokens' parts do not fit together", "[model]") {
  const token_signer signer(secret);
  auto other = some_claims();
  other.session_id = "sess-2";
  const auto first = signer.sign(some_claims());
  const auto second = signer.sign(other);
  CHECK_FALSE(signer.verify(first.substr(0, first.rfind('.')) + second.substr(second.rfind('.'))));
}
