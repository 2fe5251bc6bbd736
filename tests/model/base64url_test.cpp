#include "model/base64url.hpp"

#include <catch2/catch.hpp>

using namespace chat;

TEST_CASE("bytes come back from base64url, whatever they are", "[model]") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    append_base64url(text, bytes);
    CHECK(decode_base64url(text) == bytes);
    bytes += static_cast<char>(i * 7);
  }
}

// RFC 4648, section 10, without the padding.
TEST_CASE("base64url is as others write it", "[model]") {
  const auto encoded = [](std::string_view bytes) {
    std::string out;
    append_base64url(out, bytes);
    return out;
  };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg");
  CHECK(encoded("fo") == "Zm8");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe") == "__4");
}

TEST_CASE("there is one spelling of any bytes", "[model]") {
  CHECK_FALSE(decode_base64url("Zh"));     // bits left over
  CHECK_FALSE(decode_base64url("Zm9vA"));  // a letter too many
  CHECK_FALSE(decode_base64url("Zg=="));
  CHECK_FALSE(decode_base64url("Zm8 "));
  CHECK_FALSE(decode_base64url("Zm+v"));
}
