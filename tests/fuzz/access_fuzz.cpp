// The tokens and key sets of others (`--auth jwt`). The input is a header and claims, a line each,
// which are signed with the node's secret and with another one; and it is taken as a whole token,
// and as a key set. Only what the secret signed, with the algorithm it is for, lets somebody in.

#include "model/access_token.hpp"
#include "model/base64url.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat {

namespace {

using fuzz::promise;

const std::string secret = "the secret of the fuzzer, 32 bytes";
constexpr std::int64_t now_s = 1'700'000'000;

access_tokens by_secret() {
  access_tokens tokens("", "");
  tokens.add_secret(secret);
  return tokens;
}

std::string token_of(std::string_view header, std::string_view claims, std::string_view with) {
  std::string token;
  append_base64url(token, header);
  token += '.';
  append_base64url(token, claims);
  const auto mac = hmac_sha256(with, token);
  token += '.';
  append_base64url(token, mac);
  return token;
}

// Whoever is let in is somebody; whoever is not is told why.
bool lets_in(const access_tokens& tokens, std::string_view token) {
  const auto who = tokens.verify(token, now_s);
  if (who)
    promise(!who->user_id.empty(), "who is let in has an id");
  else
    promise(who.error().code == errc::unauthorized, "a token is refused as one");
  return who.has_value();
}

void check_signed(const access_tokens& tokens, std::string_view input) {
  const auto end = input.find('\n');
  const auto header = input.substr(0, end);
  const auto claims = end == std::string_view::npos ? "{}" : input.substr(end + 1);
  const bool in = lets_in(tokens, token_of(header, claims, secret));
  promise(!in || header.find("alg") != std::string_view::npos ||
              header.find('\\') != std::string_view::npos,
          "a token names its algorithm");
  promise(!lets_in(tokens, token_of(header, claims, "another secret, of 32 bytes too !")),
          "another secret's token lets nobody in");
}

void check_key_set(std::string_view input) {
  access_tokens tokens("", "");
  if (const auto added = tokens.add_key_set(input); !added)
    promise(!added.error().message.empty(), "a key set is refused with a reason");
  promise(!lets_in(tokens, token_of(R"({"alg":"HS256"})", R"({"sub":"ada","exp":1700000060})",
                                    "no key of any set, of 32 bytes !")),
          "a key set lets in whom its keys signed for");
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  static const auto tokens = by_secret();
  const auto input = fuzz::text_of(data, size);
  check_signed(tokens, input);
  promise(!lets_in(tokens, input), "no text but a signed one is a token");
  check_key_set(input);
  return 0;
}
