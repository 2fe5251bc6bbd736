#pragma once
// What a room is, apart from who is in it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "model/caller.hpp"

namespace chat {

struct room_definition {
  std::string id;
  std::string name;
  std::string description;
  std::uint32_t participants_max = 100;
  std::int64_t created_ms = 0;
  bool is_private = false;
  std::vector<std::string> members = {};  ///< of a private room: user ids, room_members_max of them
};

/// A room that one may not see is as good as none, in every command and at every door. Admins may
/// see all: it is for them to say who else.
inline bool may_see(const caller& who, const room_definition& room) {
  return !room.is_private || who.may == scope::admin ||
         std::ranges::find(room.members, who.user_id) != room.members.end();
}

}  // namespace chat
