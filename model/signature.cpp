#include "model/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include <array>

#include "model/freed_by.hpp"

namespace chat {

namespace {

constexpr int rsa_bits_min = 2048;  // RFC 7518, 3.3

using bignum = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using params = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bignum to_number(std::string_view bytes) {
  return bignum(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
  return out;
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(hash.data()), size};
}

std::string hmac_sha256(std::string_view secret, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(bytes), bytes.size(),
       mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

std::optional<public_key> public_key::rsa(std::string_view modulus, std::string_view exponent) {
  const auto n = to_number(modulus);
  const auto e = to_number(exponent);
  const param_builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || BN_num_bits(n.get()) < rsa_bits_min || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return std::nullopt;
  const params made(OSSL_PARAM_BLD_to_param(builder.get()));
  const key_context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (made && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, made.get());
  ERR_clear_error();
  if (!key) return std::nullopt;
  return public_key(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), true);
}

std::optional<public_key> public_key::ed25519(std::string_view bytes) {
  auto* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size());
  ERR_clear_error();
  if (!key) return std::nullopt;
  return public_key(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), false);
}

bool public_key::verify(std::string_view message, std::string_view signature) const {
  const digest_context context(EVP_MD_CTX_new());
  const bool good = context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, hashes_ ? EVP_sha256() : nullptr,
                                         nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(message), message.size()) == 1;
  ERR_clear_error();  // a refused signature is no error of ours
  return good;
}

}  // namespace chat
