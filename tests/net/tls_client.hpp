#pragma once
// A TLS client that has its ciphertext in hand: it can break it up, hold it back, or leave it out.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/net/http_node.hpp"

namespace chat::test {

struct tls_client_options {
  int version_max = TLS1_3_VERSION;
  std::string protocols = {};     ///< ALPN, each behind its length
  int receive_bytes = 0;          ///< as of http_client
  SSL_SESSION* ticket = nullptr;  ///< of an earlier connection
  std::size_t piece_bytes = 0;    ///< when set, ciphertext leaves in pieces of this size
};

class tls_client : public http_client {
 public:
  explicit tls_client(unsigned short port, tls_client_options options = {})
      : http_client(port, options.receive_bytes), options_(options) {
    SSL_CTX_set_security_level(context_.get(), 0);  // else it would not even offer TLS 1.1
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), options_.version_max);
    SSL_CTX_set_alpn_protos(context_.get(),
                            reinterpret_cast<const unsigned char*>(options_.protocols.data()),
                            static_cast<unsigned>(options_.protocols.size()));
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl());
    if (options_.ticket) SSL_set_session(ssl(), options_.ticket);
  }

  SSL* ssl() const { return ssl_.get(); }

  /// Whether it succeeded. Its last flight is not yet sent: it goes with what comes next.
  bool shake_hands() {
    while (SSL_do_handshake(ssl()) != 1) {
      if (!flush() || SSL_get_error(ssl(), -1) != SSL_ERROR_WANT_READ || !feed()) return false;
    }
    return true;
  }
  /// What OpenSSL has to send. False when the node takes no more.
  bool flush() {
    for (auto bytes = take_output(); !bytes.empty();) {
      const auto n =
          options_.piece_bytes > 0 ? std::min(options_.piece_bytes, bytes.size()) : bytes.size();
      if (!send_raw(std::string_view(bytes).substr(0, n))) return false;
      bytes.erase(0, n);
    }
    return true;
  }
  std::string take_output() {
    std::string bytes(static_cast<std::size_t>(BIO_pending(SSL_get_wbio(ssl()))), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  bool send_raw(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = http_client::write_some(bytes);
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// The node has said goodbye (close_notify).
  bool was_told_goodbye() const { return (SSL_get_shutdown(ssl()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string peer_name() const {
    const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl()),
                                                           X509_free);
    char name[100] = {};
    if (peer)
      X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name,
                                sizeof name);
    return name;
  }

 private:
  long write_some(std::string_view bytes) override {
    if (SSL_write(ssl(), bytes.data(), static_cast<int>(bytes.size())) <= 0) return -1;
    return flush() ? static_cast<long>(bytes.size()) : -1;
  }
  long receive_some(std::span<char> into) override {
    while (true) {
      ERR_clear_error();
      const int n = SSL_read(ssl(), into.data(), static_cast<int>(into.size()));
      if (n > 0) return n;
      if (was_told_goodbye()) return 0;
      if (SSL_get_error(ssl(), n) != SSL_ERROR_WANT_READ || !feed()) return -1;
    }
  }
  // False at the end of the stream.
  bool feed() {
    char bytes[16 * 1024];
    const auto n = http_client::receive_some(bytes);
    if (n > 0) BIO_write(SSL_get_rbio(ssl()), bytes, static_cast<int>(n));
    return n > 0;
  }

  tls_client_options options_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

}  // namespace chat::test
