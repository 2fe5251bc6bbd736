#pragma once
// The client's bytes after the upgrade, taken apart (RFC 6455, section 5). Knows no sockets.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "model/close_reason.hpp"

namespace chat {

/// What came: a whole message or control frame, or what was wrong; `piece` is a short fragment
/// that neither begins nor ends a message, of which a client can send any number.
struct ws_event {
  enum class kind : std::uint8_t { none, text, binary, ping, pong, close, violation, piece };
  kind what = kind::none;
  /// Of messages (text is valid UTF-8), pings and pongs; of close the reason. Valid until the
  /// next call, and as long as the input it may lie in.
  std::string_view payload = {};
  std::uint16_t code = 0;             ///< close: 0 without one
  const close_reason* why = nullptr;  ///< violation: how the connection has to end
};

/// Takes frames in pieces of any size. Whole unfragmented frames, as chat clients send them, are
/// unmasked where they lie; only what is unfinished at the end of the input is copied, so an idle
/// connection holds no buffer. After close or violation nothing more may be asked.
/// Limits: a message of `message_bytes_max`, refused by its length alone (1009). Bytes that cannot
/// become UTF-8 are refused at the first of them (1007), every breach of the protocol with 1002.
class ws_reader {
 public:
  explicit ws_reader(std::size_t message_bytes_max);
  ~ws_reader();

  /// Takes the next event off the front of `input`; `none`: all of it is used up, more is needed.
  ws_event next(std::span<char>& input);

 private:
  struct unfinished;
  struct header;

  ws_event next_whole(std::span<char>& input);
  ws_event next_piece(std::span<char>& input);
  ws_event end_of_frame();
  const close_reason* check(const header& h) const;

  std::size_t message_bytes_max_;
  std::unique_ptr<unfinished> rest_;  // a frame or a message that has begun
};

}  // namespace chat
