#pragma once
// A stay of one user in one room: its states, how connections of it end, and what of it the node
// remembers across restarts (contract, section 5).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/caller.hpp"
#include "model/message.hpp"

namespace chat {

/// `pending -> connected -> disconnected -> connected …`; `closed` and `expired` are the end.
enum class session_state : std::uint8_t { pending, connected, disconnected, closed, expired };
std::string_view to_string(session_state state);
inline bool is_over(session_state s) {
  return s == session_state::closed || s == session_state::expired;
}

/// What ended the session, or its last connection.
enum class ended_by : std::uint8_t {
  nothing,   ///< it never was connected, or is
  client,    ///< the client closed its socket, or is gone
  command,   ///< chat-disconnect
  takeover,  ///< a newer connection of the same session
  slow,      ///< it did not read (4008)
  rate,      ///< it sent too much (1008)
  idle,      ///< no sign of life for the idle timeout
  expired,   ///< nobody connected in time, or the session is as old as it may get
  drain,     ///< the node was stopped
  restart,   ///< the node was killed
  error,     ///< a breach of the protocol, or a defect
};
std::string_view to_string(ended_by what);

/// What its connections speak, as chat-connect was asked for.
enum class session_transport : std::uint8_t {
  websocket,
  sse,  ///< server-sent events: it only reads
};
std::string_view to_string(session_transport transport);

/// Who is at the other end of a session.
enum class participant_kind : std::uint8_t { human, agent };
std::string_view to_string(participant_kind kind);

/// A handoff token that opens nothing any more.
struct used_token {
  std::string id;              ///< its `jti`
  std::int64_t expires_s = 0;  ///< its `exp`: from then on it need not be remembered
};

/// What is known of a session. Times are node times (actors/context.hpp) in milliseconds, 0 for
/// what did not happen.
struct session_record {
  std::uint64_t number = 0;  ///< the store's name for it, ascending in the order of their making
  std::string session_id;
  std::string room_id;
  std::string user_id;
  std::string nickname;
  session_transport transport = session_transport::websocket;
  participant_kind kind = participant_kind::human;
  scope may = scope::write;  ///< its user, when it was opened
  session_state state = session_state::pending;
  ended_by end = ended_by::nothing;
  std::uint32_t reconnects = 0;  ///< in a row
  sequence delivered = 0;        ///< newest message that its last connection was given
  std::int64_t created_ms = 0;
  std::int64_t connected_ms = 0;  ///< first connection
  std::int64_t last_activity_ms = 0;
  std::int64_t ended_ms = 0;  ///< the session, or its last connection
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::vector<used_token> used;
};

}  // namespace chat
