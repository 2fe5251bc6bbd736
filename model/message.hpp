#pragma once
// A stored utterance.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// Order in a room, ascending from 1. A number is never given out twice; a failed commit leaves a
/// hole, and so does a start of the node.
using sequence = std::uint64_t;
/// A position that no room reaches: for what is no id at all.
inline constexpr sequence no_message = ~sequence{0};

/// What a place in a room's order holds.
enum class message_kind : std::uint8_t {
  said,      ///< somebody said something
  edit,      ///< the text of an earlier message became another one
  deletion,  ///< an earlier message was deleted
};

/// One message of one room, or the change of one, which has a place in the room's order of its own:
/// so that whoever follows the room sees it, live or later. Filled by the session and the room.
/// When it is changed a copy takes its place, and of its changes only the newest keeps its text.
struct message {
  sequence seq = 0;
  std::int64_t timestamp_ms = 0;  ///< since the Unix epoch
  std::string sender;             ///< display name
  std::string author;             ///< who it was, for the node (author_of); never shown
  std::string client_id;          ///< the client's own id, may be empty
  std::string text;  ///< valid UTF-8, 1..2000 UTF-16 units; empty once it is deleted, and in a
                     ///< deletion, and in an edit that another change followed
  message_kind kind = message_kind::said;
  sequence target = 0;          ///< of a change: the message it is about
  sequence changed_by = 0;      ///< of what was said: its newest change, 0 for none …
  std::int64_t changed_ms = 0;  ///< … and when that was

  bool is_deleted() const { return kind == message_kind::said && text.empty(); }
  /// Another change of the same message followed: there is nothing to tell any more.
  bool is_superseded() const { return kind == message_kind::edit && text.empty(); }

  /// What keeping it in memory costs, roughly.
  std::size_t bytes() const {
    return sizeof(message) + sender.size() + author.size() + client_id.size() + text.size();
  }
};

/// The author of what a session says: its id first, then its user's.
inline std::string author_of(std::string_view session_id, std::string_view user_id) {
  std::string author;
  author.reserve(session_id.size() + 1 + user_id.size());
  author += session_id;
  author += ' ';
  author += user_id;
  return author;
}
/// The author of what a user says without a session.
inline std::string author_of(std::string_view user_id) { return "user:" + std::string(user_id); }
inline bool is_from_session(const message& m, std::string_view session_id) {
  return m.author.starts_with(session_id) &&
         (m.author.size() == session_id.size() || m.author[session_id.size()] == ' ');
}
/// False also for messages of sessions from before their authors named the user.
inline bool is_from_user(const message& m, std::string_view user_id) {
  const std::string_view author = m.author;
  if (author.starts_with("user:")) return author.substr(5) == user_id;
  const auto space = author.find(' ');
  return space != std::string_view::npos && author.substr(space + 1) == user_id;
}

/// Makes the target of a committed change what it is from then on.
inline void take_change(message& target, const message& change) {
  target.text = change.text;
  target.changed_by = change.seq;
  target.changed_ms = change.timestamp_ms;
}

/// At most so many bytes is a message's frame to others: JSON may escape each byte as \u00XX.
inline std::size_t encoded_bytes_max(const message& m) {
  constexpr std::size_t frame_and_names = 200;
  return frame_and_names + 6 * (m.sender.size() + m.text.size());
}

using message_ptr = std::shared_ptr<const message>;

/// Some messages of one room, ascending, and whether more follow them.
struct history_page {
  std::vector<message_ptr> messages;
  bool has_more = false;
  /// Set when no_message was asked for: the room's oldest message, 0 if it has none.
  std::optional<sequence> oldest_instead = {};
  /// Set when the room does not know the position asked for: a restore took it back, or it is of
  /// another room. The newest one that it has before it, 0 for its beginning: what the page holds
  /// comes after that.
  std::optional<sequence> restart_at = {};
  /// What came right after the position asked for is not held any more.
  bool is_truncated = false;
};

/// Marks a page that begins behind `after` by what the room has up to there: its newest sequence,
/// `known`, 0 for none. What was removed had sequences up to `removed`.
inline void mark_position(history_page& page, sequence after, sequence known, sequence removed) {
  if (known == after) return;
  if (known == 0 && after <= removed)
    page.is_truncated = true;
  else
    page.restart_at = known;
}

}  // namespace chat
