#pragma once
// What the node's TLS connections are made of: its certificate and key, and how TLS is spoken here.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/failure.hpp"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace chat {

struct tls_deleter {
  void operator()(ssl_st* session) const;
};
/// What OpenSSL keeps of one connection.
using tls_session = std::unique_ptr<ssl_st, tls_deleter>;

/// TLS 1.2 and 1.3, for HTTP/1.1 (ALPN, RFC 7301), with forward secrecy, without renegotiation,
/// compression or early data. Clients resume by tickets, which a newly loaded certificate makes
/// worthless: they shake hands in full then. Thread: any.
class tls_certificate {
 public:
  /// What an operator wants to know of what was loaded.
  struct description {
    std::string subject;     ///< as in `CN = chat.example.org`
    std::string good_until;  ///< as in `Jan  5 10:20:30 2027 GMT`
    std::vector<std::string> warnings;
  };

  /// Reads two PEM files: a certificate with those it is signed by, the node's own first, and its
  /// key. New connections get them from now on; open ones go on with what they have. The failure
  /// says which file is wrong, and has changed nothing.
  result<description> load(const std::string& certificate_file, const std::string& key_file);

  /// For a new connection; null before the first load. Throws std::bad_alloc.
  tls_session new_session() const;

 private:
  mutable std::mutex mutex_;  // guards context_ only; held for a copy or a swap
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace chat
