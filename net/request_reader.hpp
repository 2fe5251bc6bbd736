#pragma once
// Turns the bytes of a connection into requests, one at a time. Knows no sockets.

#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <string>

#include "net/http_check.hpp"

namespace chat {

/// Limits: a head of http_header_bytes_max, a body of http_body_bytes_max, and a buffer of one
/// head and one read. After a refusal the stream is out of step, and nothing more can be parsed.
class request_reader {
 public:
  enum class outcome { need_more, complete, refused };

  request_reader();

  /// Where the next bytes go; then commit says how many came.
  asio::mutable_buffer room();
  void commit(std::size_t bytes) { buffer_.commit(bytes); }

  /// Parses what is there, up to the end of one request.
  outcome parse();
  /// Some of a request is there.
  bool has_begun() const { return parser_.has_value() || buffer_.size() > 0; }
  /// True once for a request whose client waits for `100 Continue`.
  bool take_expectation() { return std::exchange(expects_continue_, false); }
  /// The request at hand is a HEAD: its answer has no body, a refusal neither.
  bool is_head_method() const;

  /// Its head is not whole yet.
  bool is_in_head() const { return parser_ && !parser_->is_header_done(); }
  /// What is there of the head of the request at hand, for the answer to one that is refused: of
  /// lines that were not parsed Host and Origin only.
  http_request::message::header_type head_so_far() const;

  /// After complete. The bytes behind it stay.
  http_request::message take_request();
  /// After refused.
  http_response take_refusal() { return std::move(refusal_); }
  /// Everything not parsed.
  std::string take_rest();
  /// Gives back memory while nothing is there.
  void shrink();

 private:
  void skip_empty_lines();
  outcome parse_some();
  outcome refuse(http_response why);

  beast::flat_buffer buffer_;
  std::optional<request_parser> parser_;
  http_request::message::header_type head_;  // of a body in chunks, without its trailers
  http_response refusal_;
  std::size_t head_bytes_ = 0;  // of the request at hand
  bool expects_continue_ = false;
};

}  // namespace chat
