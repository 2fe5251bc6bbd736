#pragma once
// HTTP requests as doors see them, and answers as doors give them.

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/interest.hpp"
#include "model/caller.hpp"
#include "model/failure.hpp"
#include "net/forwarded.hpp"

namespace chat {

namespace http = boost::beast::http;

class corked_socket;

/// One whole request. Views stay valid as long as it does, and while it is moved.
class http_request {
 public:
  using message = http::request<http::string_body>;

  http_request(message whole, std::string peer, bool secure = false)
      : message_(std::move(whole)), peer_(std::move(peer)), secure_(secure) {}
  http_request(http_request&&) = default;
  http_request& operator=(http_request&&) = default;

  http::verb method() const { return message_.method(); }
  std::string_view method_name() const { return message_.method_string(); }
  /// As sent, without the query, the path of the node's public URL and a slash at the end; of a
  /// target in absolute form its path.
  std::string_view path() const;
  /// The same with all of it.
  std::string_view sent_path() const;
  /// What follows the `?`, as sent.
  std::string_view query() const;
  /// The first of that name; empty when there is none.
  std::string_view header(http::field name) const { return message_[name]; }
  std::string_view header(std::string_view name) const;
  bool has(http::field name) const { return message_.count(name) > 0; }
  /// What a trusted proxy named; else the authority of a target in absolute form, else the Host
  /// header (RFC 9112, 3.2.2).
  std::string_view host() const;
  std::string_view origin() const { return header(http::field::origin); }
  std::string& body() { return message_.body(); }
  /// Who sends it, once the router knows; nobody at doors that are open to all.
  const caller& who() const { return who_; }
  void set_caller(caller who) { who_ = std::move(who); }
  /// Lost when the client hangs up; null where nobody looks.
  const interest_ptr& still_wanted() const { return still_wanted_; }
  void set_interest(interest_ptr of) { still_wanted_ = std::move(of); }
  /// The client's address: the peer's, or the one that a trusted proxy names.
  const std::string& peer() const { return peer_; }
  /// It came over TLS, to us or to a trusted proxy.
  bool is_secure() const { return secure_; }
  /// What a trusted proxy says of it, if it came through one.
  const std::optional<forwarded>& proxy() const { return proxy_; }
  void set_proxy(std::optional<forwarded> said);
  /// So much of the path stands before the node's own.
  void set_base_path(std::size_t size) { base_path_size_ = size; }
  /// HTTP/1.1 without `Connection: close`. HTTP/1.0 connections serve one request.
  bool keep_alive() const { return message_.version() >= 11 && message_.keep_alive(); }

  const message& raw() const { return message_; }
  message release() { return std::move(message_); }

 private:
  message message_;
  std::string peer_;
  bool secure_;
  std::optional<forwarded> proxy_;
  std::size_t base_path_size_ = 0;
  caller who_;
  interest_ptr still_wanted_;
};

/// The text with every `%XX` replaced; nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// The decoded value of the first parameter of that name; nothing when there is none or its
/// escapes are broken.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

/// Writes bytes to an open event stream; no bytes end it, once those before are written. A stream
/// that is gone ignores them. Thread: any.
using stream_sender = std::function<void(std::string)>;

/// A body that goes on until either side ends it. The connection owns it; its destruction says that
/// the stream is over.
class http_stream {
 public:
  virtual ~http_stream() = default;
  /// The head and the answer's body are queued; more may follow. Thread: the connection's loop.
  virtual void on_open(stream_sender send) = 0;
  /// The last bytes when the node stops before the stream is over.
  virtual std::string farewell() const { return {}; }
};

struct http_response;

/// Who goes on with a connection's socket in place of HTTP, on its loop. It sends the answer that
/// it is given, or another one. Something may be queued already.
using socket_taker = std::function<void(std::unique_ptr<corked_socket>, http_response)>;

/// What a door answers. Without a content type there is no body.
struct http_response {
  unsigned status = 200;
  std::string content_type = {};
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<http_stream> stream = {};  ///< when set, `body` is only how it begins
  socket_taker taker = {};                   ///< when set, nothing is sent: it has the socket
};

/// How a door answers: exactly once, from any thread, at any time; more calls are ignored. When
/// the last copy goes without a call, the client gets a 500. A client that left is no error.
using responder = std::function<void(http_response)>;

http_response json_response(unsigned status, std::string json);
/// `{"error":{code,message,suggestion,retryable}}`.
http_response refusal(unsigned status, const failure& why);
/// `Retry-After` in whole seconds, rounded up (RFC 9110, 10.2.3); nothing for 0 ms.
void add_retry_after(http_response& answer, std::int64_t ms);

/// What of an answer depends on the request.
struct answer_form {
  bool keep_alive = true;
  bool head_only = false;
  bool endless = false;  ///< what is in `body` is only how it begins
};

/// The bytes of a whole answer; of a stream, its head and what is in `body` already.
std::string to_wire(http_response response, answer_form form);

}  // namespace chat
