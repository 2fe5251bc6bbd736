#pragma once
// What the webhook actor needs of the network: actors know no sockets.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chat {

/// One POST, on a connection of its own.
struct webhook_request {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides Host and Content-Length
  std::string body;
};

/// What came of it.
struct webhook_answer {
  unsigned status = 0;              ///< of HTTP; 0: there was no answer
  std::string error;                ///< in words, when there was none
  std::int64_t retry_after_ms = 0;  ///< what the answer asks for (RFC 9110, 10.2.3), or 0
};

/// Thread: any, for all of it. Each `then` is called once, at once or on some other thread, but not
/// any more when the node has stopped; it must not throw.
class webhook_sender {
 public:
  virtual ~webhook_sender() = default;

  /// Whether the URL may be posted to, as far as one can see: its form, and the addresses that its
  /// name has. Says why not, in words that follow upon "webhookUrl"; nothing for a URL that may,
  /// and for a name that nobody knows just now.
  virtual void look_up(const std::string& url,
                       std::function<void(std::optional<std::string> why_not)> then) = 0;
  /// Looks the name up again and sends to one of the addresses that were checked, if all of them
  /// may be sent to. Answers within webhook_request_timeout, but for a name that takes longer to
  /// look up. Follows no redirect.
  virtual void send(webhook_request request, std::function<void(webhook_answer)> then) = 0;
};

}  // namespace chat
