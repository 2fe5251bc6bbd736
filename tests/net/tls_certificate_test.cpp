#include "net/tls_certificate.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/net/tls_files.hpp"

namespace chat::test {

namespace {

std::string refusal_of(const std::string& certificate, const std::string& key) {
  tls_certificate target;
  const auto loaded = target.load(certificate, key);
  REQUIRE_FALSE(loaded);
  CHECK_FALSE(loaded.error().suggestion.empty());
  CHECK(target.new_session() == nullptr);
  return loaded.error().message;
}

std::string only_warning(const tls_files& files) {
  tls_certificate target;
  const auto loaded = target.load(files.certificate(), files.key());
  REQUIRE(loaded);
  CHECK(target.new_session() != nullptr);
  REQUIRE(loaded->warnings.size() == 1);
  return loaded->warnings[0];
}

}  // namespace

TEST_CASE("a certificate and its key are loaded and described", "[net]") {
  for (const bool rsa : {false, true}) {
    const tls_files files("chat.example", -60, 3600, rsa);
    tls_certificate target;
    const auto loaded = target.load(files.certificate(), files.key());
    REQUIRE(loaded);
    CHECK(loaded->subject == "CN = chat.example");
    CHECK(loaded->good_until.ends_with(" GMT"));
    CHECK(loaded->warnings.empty());
    CHECK(target.new_session() != nullptr);
  }
}

TEST_CASE("files that cannot serve are refused by name and reason", "[net]") {
  const tls_files files;
  const tls_files others;
  const tls_files rsa("localhost", -60, 3600, true);
  CHECK(refusal_of("/nonexistent.pem", files.key()) ==
        "the TLS certificate \"/nonexistent.pem\" cannot be read: No such file or directory");
  CHECK(refusal_of(files.certificate(), "/nonexistent.pem") ==
        "the TLS key \"/nonexistent.pem\" cannot be read: No such file or directory");
  // Swapped.
  CHECK(refusal_of(files.key(), files.certificate())
            .starts_with("the TLS certificate \"" + files.key() + "\" cannot be used: "));
  CHECK(refusal_of(files.certificate(), files.certificate())
            .starts_with("the TLS key \"" + files.certificate() + "\" cannot be used"));
  for (const auto& other : {others.key(), rsa.key()})
    CHECK(refusal_of(files.certificate(), other) == "the TLS key \"" + other +
                                                        "\" is not the key of the certificate \"" +
                                                        files.certificate() + "\"");
  others.lock_key();
  CHECK(refusal_of(others.certificate(), others.key())
            .starts_with("the TLS key \"" + others.key() + "\" cannot be used: "));
  std::ofstream(files.certificate()) << "nonsense";
  CHECK(refusal_of(files.certificate(), files.key())
            .starts_with("the TLS certificate \"" + files.certificate() + "\" cannot be used: "));
}

TEST_CASE("what clients or an operator would not like is a warning", "[net]") {
  const tls_files expired("localhost", -7200, 3600);
  CHECK(only_warning(expired).find("was good until") != std::string::npos);
  const tls_files early("localhost", 3600, 3600);
  CHECK(only_warning(early).find("is not good before") != std::string::npos);
  const tls_files open;
  std::filesystem::permissions(open.key(), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  CHECK(only_warning(open).find("open to everybody") != std::string::npos);
}

TEST_CASE("a load that fails leaves what was there", "[net]") {
  const tls_files files;
  tls_certificate target;
  REQUIRE(target.load(files.certificate(), files.key()));
  CHECK_FALSE(target.load("/nonexistent.pem", files.key()));
  CHECK(target.new_session() != nullptr);
}

}  // namespace chat::test
