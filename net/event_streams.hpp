#pragma once
// Open event streams of MCP clients, by session id: the answer to a POST that came in on one loop
// goes out on a stream that lives on another.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/limits.hpp"
#include "net/http_message.hpp"

namespace chat {

/// Thread: any; a lock is held for a look-up only, never while sending.
class event_streams : public std::enable_shared_from_this<event_streams> {
 public:
  explicit event_streams(std::size_t streams_max = limits::sse_streams_max)
      : streams_max_(streams_max) {}

  /// A place for a new stream, held as long as the stream object; null when all are taken.
  std::shared_ptr<http_stream> open(const std::string& session_id, const std::string& user_id);
  /// There is such a stream, and it is that user's.
  bool has(const std::string& session_id, std::string_view user_id) const;
  /// Sends one event; a stream that is gone ignores it. `data` has no line breaks.
  void send(const std::string& session_id, std::string_view event, std::string_view data) const;
  std::size_t size() const;

 private:
  class stream;

  const std::size_t streams_max_;
  struct place {
    std::string user_id;
    stream_sender send;
  };
  mutable std::mutex mutex_;  // guards places_
  std::unordered_map<std::string, place> places_;
};

/// One server-sent event (HTML standard, 9.2).
std::string encode_event(std::string_view event, std::string_view data);

}  // namespace chat
