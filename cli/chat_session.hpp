#pragma once
// A place in a room that outlives connections: what is said there comes once and in order, and
// each line is said once.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/outcome.hpp"
#include "cli/remote.hpp"
#include "client/web_socket.hpp"

namespace chat::cli {

/// Thread: the one that runs the context.
class chat_session {
 public:
  struct handlers {
    /// Every frame of the node, and what was said before, and while one was away, as frames of type
    /// `message`, `message_edited` or `message_deleted` that have `history:true`.
    std::function<void(const json& frame)> on_frame;
    /// News of the connection, and lines that the node refused.
    std::function<void(const std::string& text)> on_note;
  };
  struct place {
    std::string room;
    std::string nickname;  ///< empty: the node gives one
  };

  chat_session(asio::io_context& io, remote node, place where, handlers h);

  /// Enters, stays, comes back when the connection is lost, and leaves. A trouble: why it ended
  /// before stop() or finish().
  asio::awaitable<outcome<void>> run();

  /// Lines go one at a time, each when the one before is acknowledged.
  void say(std::string text);
  void type();
  /// Ends when everything is said, or when that does not get on.
  void finish();
  /// Ends now.
  void stop();

  /// Lines that are not acknowledged.
  std::size_t waiting() const { return lines_.size(); }
  /// Lines that the node did not want.
  std::size_t refused() const { return refused_; }

 private:
  using clock = std::chrono::steady_clock;
  struct line {
    std::string id;
    std::string text;
    bool was_sent = false;
    bool is_uncertain = false;  // sent by a session that is gone; it may have been stored
  };

  asio::awaitable<outcome<node_address>> enter();
  asio::awaitable<outcome<node_address>> come_back();
  outcome<node_address> open_door(const outcome<json>& result);
  asio::awaitable<void> serve(node_address where);
  void judge_end();
  asio::awaitable<void> take(json frame);
  asio::awaitable<void> welcome(std::string last_id);
  asio::awaitable<void> show_history(std::string last_id);
  asio::awaitable<void> catch_up(std::string until);
  void go_back_to(std::string id);
  void show_page(const json& data);
  void show_once(json frame);
  void acknowledge(const std::string& id);
  void take_error(const json& frame);
  void send_next();
  asio::awaitable<void> send_later(std::chrono::milliseconds wait);
  void end_if_done();
  asio::awaitable<void> watch();
  asio::awaitable<void> pause(std::chrono::milliseconds time);
  asio::awaitable<void> leave();
  void tell(const std::string& text) const { handlers_.on_note(text); }

  asio::io_context& io_;
  remote node_;
  place place_;
  const handlers handlers_;
  const std::string line_prefix_;
  asio::steady_timer wake_;  // ends a pause

  std::string session_id_;
  std::string last_id_;  // the newest that was shown
  bool has_entered_ = false;
  bool is_new_session_ = false;         // whose node does not know what was missed
  std::shared_ptr<web_socket> socket_;  // open, and its welcome read
  bool is_ready_ = false;               // and what was missed has been shown
  bool was_ready_ = false;              // once
  std::optional<trouble> end_;
  bool is_over_ = false;
  bool is_finishing_ = false;

  std::deque<line> lines_;
  bool in_flight_ = false;             // the first of them
  bool is_waiting_ = false;            // to send it, for the sake of pace_
  std::chrono::milliseconds pace_{0};  // between two lines, once the node found us too fast
  std::size_t said_ = 0;
  std::size_t refused_ = 0;
  clock::time_point sent_at_{};
  clock::time_point progress_at_{};
  clock::time_point online_at_{};  // last
  clock::time_point typed_at_{};
  clock::time_point pinged_at_{};
  std::chrono::milliseconds backoff_;
};

}  // namespace chat::cli
