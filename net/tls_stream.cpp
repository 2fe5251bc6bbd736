#include "net/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <utility>

#include "model/limits.hpp"

namespace chat {

// What OpenSSL takes for a connection.
struct tls_wire {
  static int read(BIO* bio, char* into, int size) {
    auto& stream = of(bio);
    BIO_clear_retry_flags(bio);
    const bool may = std::exchange(stream.may_read_, false);
    const auto got = may ? ::recv(stream.fd_, into, static_cast<std::size_t>(size), 0) : -1;
    stream.at_eof_ = may && got == 0;
    if (!may || (got < 0 && (errno == EAGAIN || errno == EINTR))) BIO_set_retry_read(bio);
    return static_cast<int>(got);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    auto& stream = of(bio);
    BIO_clear_retry_flags(bio);
    const auto count = static_cast<std::size_t>(size);
    if (stream.output_.size() + count > limits::tls_output_bytes_max) return -1;
    try {
      stream.output_.append(bytes, count);
    } catch (const std::exception&) {  // out of memory, which OpenSSL must not see fly by
      return -1;
    }
    return size;
  }

  static long control(BIO* bio, int what, long, void*) {
    if (what == BIO_CTRL_EOF) return of(bio).at_eof_ ? 1 : 0;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO* make(tls_stream& stream) {
    static const BIO_METHOD* const method = make_method();
    BIO* bio = method ? BIO_new(method) : nullptr;
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, &stream);
    BIO_set_init(bio, 1);
    return bio;
  }

 private:
  static tls_stream& of(BIO* bio) { return *static_cast<tls_stream*>(BIO_get_data(bio)); }

  static const BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "chatd");
    if (!method) return nullptr;
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }
};

tls_stream::tls_stream(tls_session session, int fd) : session_(std::move(session)), fd_(fd) {
  BIO* const wire = tls_wire::make(*this);
  SSL_set_bio(session_.get(), wire, wire);  // takes it
  SSL_set_accept_state(session_.get());
}

// What OpenSSL's call came to: more than 0 when it succeeded, 0 at the end, -1 when more has to
// come first.
int tls_stream::outcome_of(int returned) {
  if (returned > 0) return returned;
  const int error = SSL_get_error(session_.get(), returned);
  if (error == SSL_ERROR_WANT_READ) return -1;
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  failed_ = true;
  error_ = ERR_peek_last_error();
  ERR_clear_error();
  return 0;
}

const char* tls_stream::why_failed() const {
  const char* text = ERR_reason_error_string(error_);
  return text ? text : "the peer is gone";
}

tls_stream::handshake_state tls_stream::handshake() {
  ERR_clear_error();
  may_read_ = true;
  const int outcome = outcome_of(SSL_do_handshake(session_.get()));
  if (outcome < 0) return handshake_state::under_way;
  unread_ = outcome > 0 && SSL_has_pending(session_.get()) == 1;
  if (outcome > 0) return handshake_state::done;
  const bool spoke_http =
      ERR_GET_LIB(error_) == ERR_LIB_SSL && ERR_GET_REASON(error_) == SSL_R_HTTP_REQUEST;
  return spoke_http ? handshake_state::plain_http : handshake_state::failed;
}

// Until all that OpenSSL has of the peer is taken, or there is no more room.
long tls_stream::read(std::span<char> into) {
  may_read_ = true;
  unread_ = false;
  std::size_t got = 0;
  while (got < into.size()) {
    ERR_clear_error();
    const auto room = static_cast<int>(std::min(into.size() - got, record_bytes_max));
    const int outcome = failed_ ? 0 : outcome_of(SSL_read(session_.get(), into.data() + got, room));
    if (outcome > 0) {
      got += static_cast<std::size_t>(outcome);
      continue;
    }
    if (got > 0) unread_ = outcome == 0;  // the end, which is told the next time
    if (got > 0 || outcome == 0) return static_cast<long>(got);
    errno = EAGAIN;
    return -1;
  }
  unread_ = SSL_has_pending(session_.get()) == 1;
  return static_cast<long>(got);
}

bool tls_stream::write(std::string_view plain) {
  if (failed_ || ended_) return false;
  ERR_clear_error();
  return outcome_of(SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size()))) > 0;
}

void tls_stream::end() {
  if (failed_ || SSL_in_init(session_.get()) || std::exchange(ended_, true)) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());  // what becomes of it is nobody's concern
  ERR_clear_error();
}

// What is sent is freed at once: a peer that reads slowly may never have taken all of it.
void tls_stream::consume_output(std::size_t bytes) {
  if (bytes < output_.size())
    output_.erase(0, bytes);
  else
    output_ = {};
}

}  // namespace chat
