#pragma once
// Certificates that sign themselves, as files.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/temporary_directory.hpp"

namespace chat::test {

/// A certificate and its key, both in a directory that goes with them.
class tls_files {
 public:
  /// `valid_s` counts from `begins_s` from now on; both may be negative.
  explicit tls_files(const std::string& name = "localhost", long begins_s = -60,
                     long valid_s = 3600, bool rsa = false)
      : key_(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free) {
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), begins_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), begins_s + valid_s);
    X509_set_pubkey(made.get(), key_.get());
    auto* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), subject);
    X509_sign(made.get(), key_.get(), EVP_sha256());
    const file certificate_file(fopen(certificate().c_str(), "w"), fclose);
    PEM_write_X509(certificate_file.get(), made.get());
    write_key(nullptr);
  }

  std::string certificate() const { return directory_.path() / "cert.pem"; }
  std::string key() const { return directory_.path() / "key.pem"; }

  /// Writes the key once more, now with a passphrase.
  void lock_key() const { write_key("secret"); }

 private:
  using file = std::unique_ptr<FILE, decltype(&fclose)>;

  void write_key(const char* passphrase) const {
    const file out(fopen(key().c_str(), "w"), fclose);
    std::filesystem::permissions(
        key(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    PEM_write_PrivateKey(out.get(), key_.get(), passphrase ? EVP_aes_128_cbc() : nullptr, nullptr,
                         0, nullptr, const_cast<char*>(passphrase));
  }

  temporary_directory directory_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace chat::test
