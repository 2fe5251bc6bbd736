#pragma once
// A room's messages as they come, on an HTTP stream: one parked chat-poll after the other.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/schema.hpp"
#include "net/http_config.hpp"
#include "net/stream_chunks.hpp"

namespace chat {

/// Thread: the loop's of its connection, which owns it.
class live_stream final : public http_stream, public std::enable_shared_from_this<live_stream> {
 public:
  /// `first` is a call of chat-stream whose input was checked, out of `request`. Null when the node
  /// has as many open streams as it may.
  static std::shared_ptr<live_stream> make(const command_call& first, const http_request& request,
                                           const door_context& doors);
  ~live_stream() override;
  live_stream(const live_stream&) = delete;
  live_stream& operator=(const live_stream&) = delete;

  /// JSON by message id.
  using id_order = std::multimap<std::string, std::string>;

  void on_open(stream_sender send) override;
  std::string farewell() const override;

 private:
  live_stream(const command_call& first, const http_request& request, const door_context& doors);
  void poll();
  std::string next_input() const;
  void on_page(const command_answer& answer);
  void send_gaps(simdjson::dom::element page);
  void send_chunks(const id_order& items);
  void poll_later();
  bool is_done() const;
  void finish(std::string last);

  const door_context& doors_;
  const std::string room_id_;
  std::string since_;
  const std::int64_t messages_max_;  // 0: without end
  const std::int64_t for_ms_;        // the same
  const std::string authorization_;
  const std::string peer_;
  const std::string websocket_base_;
  const interest_ptr still_wanted_ = std::make_shared<interest>();
  bool has_polled_ = false;
  stream_end::clock::time_point began_ = stream_end::clock::now();
  stream_end end_{began_};
  stream_sender send_;
};

}  // namespace chat
