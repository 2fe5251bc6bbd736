#pragma once
// Where the messages about one request go: the body of its POST, or a session's event stream.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http_message.hpp"

namespace chat::mcp {

/// Thread: any.
class outlet {
 public:
  virtual ~outlet() = default;
  /// Messages before the answer get through to the client.
  virtual bool can_stream() const = 0;
  /// A message about the request, before its answer. Ignored after it, and when the client left.
  virtual void send(std::string json) = 0;
  /// The answer, and with it the end. `status` is HTTP's, where the answer is a body.
  virtual void finish(std::string json, unsigned status) = 0;
  /// Keeps something until the answer is given or the client left.
  virtual void hold(std::shared_ptr<void> what) = 0;
};

/// The answer to a POST: JSON, or an event stream from the first message on that comes before the
/// answer (2025-11-25 and 2026-07-28, basic/transports, Streamable HTTP).
class http_outlet final : public outlet, public std::enable_shared_from_this<http_outlet> {
 public:
  /// `takes_stream`: the client accepts event streams.
  http_outlet(responder respond, bool takes_stream)
      : takes_stream_(takes_stream), respond_(std::move(respond)) {}

  bool can_stream() const override { return takes_stream_; }
  void send(std::string json) override;
  void finish(std::string json, unsigned status) override;
  void hold(std::shared_ptr<void> what) override;

 private:
  class body;
  void open(std::string first);
  void push(std::string bytes);
  void on_open(stream_sender sender);
  void on_closed();

  const bool takes_stream_;
  std::mutex mutex_;   // guards what follows
  responder respond_;  // until the answer's head is given
  stream_sender sender_;
  std::string early_;  // events from before the stream was open
  bool open_ = false;
  bool over_ = false;
  std::vector<std::shared_ptr<void>> held_;
};

/// One server-sent event of an MCP message.
std::string message_event(std::string_view json);

}  // namespace chat::mcp
