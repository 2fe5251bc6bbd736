// The input as claims, a line each, and as a token. Claims come back from a token as they were
// signed; a token that was changed in any way, or signed with another secret, opens nothing.

#include <algorithm>
#include <charconv>

#include "model/handoff_token.hpp"
#include "model/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat {

namespace {

using fuzz::dice;
using fuzz::promise;

const token_signer signer("the secret of the fuzzer, 32 bytes");
const token_signer stranger("the secret of the fuzzer, 32 bytez");

// Takes a line off the front.
std::string_view next_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::int64_t next_number(std::string_view& text) {
  const auto line = next_line(text);
  std::int64_t number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

handoff_claims claims_of(std::string_view text) {
  handoff_claims claims;
  for (auto* member : {&claims.user_id, &claims.session_id, &claims.room_id, &claims.token_id})
    *member = next_line(text);
  claims.issued_s = next_number(text);
  claims.expires_s = next_number(text);
  if (!text.empty()) claims.since = static_cast<sequence>(next_number(text)) >> 1;
  return claims;
}

// A token that differs a little.
std::string changed(std::string token, dice& random) {
  constexpr std::string_view letters = "ABCz09-_.=";
  const auto at = random.roll(token.size());
  switch (random.roll(5)) {
    case 0:
      token[at] = static_cast<char>(token[at] ^ (1 << random.roll(8)));
      break;
    case 1:
      token.insert(at, 1, letters[random.roll(letters.size())]);
      break;
    case 2:
      token.erase(at, 1 + random.roll(4));
      break;
    case 3:
      token[at] = letters[random.roll(letters.size())];
      break;
    default:
      std::swap(token[at], token[random.roll(token.size())]);
  }
  return token;
}

void check_claims(const handoff_claims& claims, dice& random) {
  const auto token = signer.sign(claims);
  const auto read = signer.verify(token);
  promise(read && *read == claims, "a token says what was signed");
  promise(!stranger.verify(token), "another secret's token opens nothing");
  for (int i = 0; i < 8; ++i) {
    const auto other = changed(token, random);
    promise(other == token || !signer.verify(other), "a token that was changed opens nothing");
  }
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto input = fuzz::text_of(data, size);
  dice random(input);
  if (is_utf8(input)) check_claims(claims_of(input), random);
  promise(!signer.verify(input), "no text but the node's own is a token");
  return 0;
}
