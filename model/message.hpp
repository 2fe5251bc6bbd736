#pragma once
// A stored utterance.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chat {

/// Order in a room: 1, 2, 3 … A number is never given out twice; a failed commit leaves a hole.
using sequence = std::uint64_t;

/// One message of one room. Filled by the session and the room, then never changed.
struct message {
  sequence seq = 0;
  std::int64_t timestamp_ms = 0;  ///< since the Unix epoch
  std::string sender;             ///< display name
  std::string author;             ///< session id, or `user:<id>` for commands without a session
  std::string client_id;          ///< the client's own id, may be empty
  std::string text;               ///< valid UTF-8, 1..2000 UTF-16 units

  /// What keeping it in memory costs, roughly.
  std::size_t bytes() const {
    return sizeof(message) + sender.size() + author.size() + client_id.size() + text.size();
  }
};

/// At most so many bytes is a message's frame to others: JSON may escape each byte as \u00XX.
inline std::size_t encoded_bytes_max(const message& m) {
  constexpr std::size_t frame_and_names = 160;
  return frame_and_names + 6 * (m.sender.size() + m.text.size());
}

using message_ptr = std::shared_ptr<const message>;

/// Some messages of one room, ascending, and whether more follow them.
struct history_page {
  std::vector<message_ptr> messages;
  bool has_more = false;
  /// Set when the room never gave out the position asked for: its oldest message, 0 if it has none.
  std::optional<sequence> oldest_instead = {};
  /// What came right after the position asked for is not held any more.
  bool is_truncated = false;
};

}  // namespace chat
