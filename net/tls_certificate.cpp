#include "net/tls_certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>

#include "model/freed_by.hpp"

namespace chat {

namespace {

// In TLS 1.2; those of 1.3 are all good. With forward secrecy and without CBC, as every client has
// had them since 2014 (RFC 9325, 4.2).
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;

// Why OpenSSL did not do what it was just asked for, as ": …".
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text ? std::string(": ") + text : std::string();
}

tl::unexpected<failure> refuse(std::string what, std::string suggestion) {
  return tl::unexpected(
      make_failure(errc::validation_error, std::move(what), std::move(suggestion)));
}

std::string quoted(const std::string& file) { return '"' + file + '"'; }

result<void> check_readable(const std::string& file, const std::string& name, const char* flag) {
  if (access(file.c_str(), R_OK) == 0) return {};
  return refuse(
      name + ' ' + quoted(file) + " cannot be read: " + std::generic_category().message(errno),
      std::string("Name a file that chatd may read with ") + flag);
}

// Takes the client's HTTP/1.1, or no connection: who insists on another protocol must not take ours
// for it (RFC 7301, 3.2).
int select_protocol(SSL*, const unsigned char** selected, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int matched =
      SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size);
  *selected = found;
  return matched == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

result<context_ptr> make_context() {
  context_ptr context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), ciphers) != 1)
    return refuse("TLS cannot be used" + reason(), "Look into this machine's openssl.cnf");
  // Clients that end the stream without a goodbye may still read what they asked for.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection keeps no buffers, and a record is one read.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  // Tickets hold all there is to a session: nothing is kept here for clients that may come back.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
  return context;
}

// OpenSSL would ask for a passphrase on the terminal, and wait.
int no_passphrase(char*, int, int, void*) { return -1; }

result<key_ptr> read_key(const std::string& file) {
  const bio_ptr in(BIO_new_file(file.c_str(), "r"));
  key_ptr key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key)
    return refuse("the TLS key " + quoted(file) + " cannot be used" + reason(),
                  "Give a private key in PEM form, without a passphrase, with --tls-key");
  return key;
}

std::string text_of(const bio_ptr& out) {
  const char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string to_text(const X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE);
  return text_of(out);
}

std::string to_text(const ASN1_TIME* time) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  return text_of(out);
}

tls_certificate::description describe(const X509* certificate, const std::string& certificate_file,
                                      const std::string& key_file) {
  tls_certificate::description about;
  about.subject = to_text(X509_get_subject_name(certificate));
  about.good_until = to_text(X509_get0_notAfter(certificate));
  const auto named = "the TLS certificate " + quoted(certificate_file);
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    about.warnings.push_back(named + " was good until " + about.good_until +
                             ": clients will refuse it");
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    about.warnings.push_back(named + " is not good before " +
                             to_text(X509_get0_notBefore(certificate)) +
                             ": clients will refuse it until then");
  struct stat key {};
  if (stat(key_file.c_str(), &key) == 0 && (key.st_mode & S_IRWXO) != 0)
    about.warnings.push_back("the TLS key " + quoted(key_file) +
                             " is open to everybody on this machine: chmod 600 it");
  return about;
}

}  // namespace

void tls_deleter::operator()(ssl_st* session) const { SSL_free(session); }

result<tls_certificate::description> tls_certificate::load(const std::string& certificate_file,
                                                           const std::string& key_file) {
  ERR_clear_error();
  if (auto can = check_readable(certificate_file, "the TLS certificate", "--tls-cert"); !can)
    return tl::unexpected(can.error());
  if (auto can = check_readable(key_file, "the TLS key", "--tls-key"); !can)
    return tl::unexpected(can.error());
  auto context = make_context();
  if (!context) return tl::unexpected(context.error());
  if (SSL_CTX_use_certificate_chain_file(context->get(), certificate_file.c_str()) != 1)
    return refuse("the TLS certificate " + quoted(certificate_file) + " cannot be used" + reason(),
                  "Give a certificate in PEM form with --tls-cert");
  auto key = read_key(key_file);
  if (!key) return tl::unexpected(key.error());
  if (SSL_CTX_use_PrivateKey(context->get(), key->get()) != 1 ||
      SSL_CTX_check_private_key(context->get()) != 1) {
    ERR_clear_error();
    return refuse("the TLS key " + quoted(key_file) + " is not the key of the certificate " +
                      quoted(certificate_file),
                  "Give two files that belong together");
  }
  auto about = describe(SSL_CTX_get0_certificate(context->get()), certificate_file, key_file);
  const std::lock_guard lock(mutex_);
  context_ = std::shared_ptr<SSL_CTX>(std::move(*context));
  return about;
}

tls_session tls_certificate::new_session() const {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  if (!context) return nullptr;
  tls_session session(SSL_new(context.get()));  // keeps a share of the context
  if (!session) throw std::bad_alloc();
  return session;
}

}  // namespace chat
