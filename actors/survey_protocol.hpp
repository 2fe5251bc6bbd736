#pragma once
// What the operator asks of the node: which rooms have most to do, and who is there. Messages as in
// protocol.hpp.

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/session.hpp"

namespace chat {

/// What rooms are compared by.
enum class room_order : std::uint8_t { deliveries, rate, messages, members };

/// How much a room has to do.
struct room_load {
  std::string room_id;
  std::string name;
  bool is_private = false;
  bool is_active = false;  ///< it is in memory
  std::uint32_t members = 0;
  std::uint32_t members_max = 0;
  std::uint64_t messages = 0;                   ///< since the node started
  std::uint64_t messages_per_kilosecond = 0;    ///< lately
  std::uint64_t deliveries_per_kilosecond = 0;  ///< of each of them to each member
};
/// What it has of `by`.
std::uint64_t load_of(const room_load& room, room_order by);

/// command -> hub, answers room_survey: the rooms with most of something, those with the same by
/// id; only those behind `after`.
struct survey_rooms {
  struct place {
    std::uint64_t load = 0;
    std::string room_id;
  };
  room_order by = room_order::deliveries;
  std::size_t limit = 0;
  std::optional<place> after = {};
};
struct room_survey {
  std::vector<room_load> rooms;
  std::size_t total = 0;  ///< on all pages
  bool has_more = false;
};

/// command -> hub, answers session_survey: the newest first, those that are older than `before`.
struct survey_sessions {
  /// In the nickname, user or room, whatever its capitals, or how the session's id begins.
  std::string query;
  std::optional<session_state> state = {};
  std::size_t limit = 0;
  std::optional<std::uint64_t> before = {};  ///< a session's number
};
struct session_survey {
  struct entry {
    caf::actor session;     ///< to be asked how it is; null: as …
    session_record stored;  ///< … this says; of others only ID and number are given
  };
  std::vector<entry> sessions;
  bool has_more = false;
};

/// command -> session, answers session_details.
struct get_session_details {};
struct session_details {
  session_record record;      ///< as get_session_status answers it
  std::int64_t since_ms = 0;  ///< in this state since then, node time
  std::string address;        ///< of its connection; empty where nobody wants to know it
};

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::survey_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_survey)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::survey_sessions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::session_survey)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::get_session_details)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::session_details)
