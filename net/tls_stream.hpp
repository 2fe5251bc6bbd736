#pragma once
// The server's side of TLS on one socket (OpenSSL), for a loop that never waits.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/tls_certificate.hpp"

namespace chat {

/// Reads ciphertext from the descriptor as plain bytes are asked for. What has to go out gathers
/// in `output`, which its socket sends: so writing never has to wait for reading, nor reading for
/// writing. Errors are values, and every one is the end. Thread: its loop's.
/// Limits: one read of the descriptor a call, so that one peer cannot keep the loop; a peer that
/// makes us answer and reads nothing is at its end at tls_output_bytes_max.
class tls_stream {
 public:
  enum class handshake_state : std::uint8_t { under_way, done, failed, plain_http };

  /// `fd` is connected and non-blocking, and stays open as long as this.
  tls_stream(tls_session session, int fd);
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  /// Goes on with the handshake. Before it is done nothing may be read or written.
  handshake_state handshake();
  /// The peer broke TLS, or the connection broke: nothing can be read or written any more.
  bool has_failed() const { return failed_; }
  /// Why, in OpenSSL's words.
  const char* why_failed() const;

  /// As recv(2): bytes; 0 at the end, with a goodbye or without; -1 with EAGAIN when more has to
  /// come. What is spoken through it says itself where it is whole.
  long read(std::span<char> into);
  /// More can be read although the descriptor may have nothing: whoever waits for that must not.
  bool has_unread() const { return unread_; }

  /// Encrypts all of it, at most record_bytes_max, behind what is in the output. False at the end.
  [[nodiscard]] bool write(std::string_view plain);
  /// Says goodbye (close_notify), once, behind what is in the output; nothing may be written then.
  void end();

  /// What has to be sent, oldest first.
  std::string_view output() const { return output_; }
  void consume_output(std::size_t bytes);

  /// A full record (RFC 8446, 5.1).
  static constexpr std::size_t record_bytes_max = 16 * 1024;

 private:
  friend struct tls_wire;  // how OpenSSL reads the descriptor and writes the output

  int outcome_of(int returned);

  tls_session session_;
  std::string output_;       // only what has to be sent yet
  unsigned long error_ = 0;  // OpenSSL's, when it failed
  int fd_;
  bool may_read_ = false;  // the descriptor, in this call
  bool at_eof_ = false;    // of the descriptor
  bool unread_ = false;
  bool failed_ = false;
  bool ended_ = false;
};

}  // namespace chat
