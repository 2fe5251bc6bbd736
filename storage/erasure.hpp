#pragma once
// What was deleted or overwritten in one room, and is still in the store's files.

#include <cstdint>
#include <string>

#include "model/message.hpp"

namespace chat {

struct erasure {
  std::string room_id;
  sequence first = 0;  ///< entries that were rewritten lie between these keys
  sequence last = 0;
  bool whole = false;        ///< the whole room was deleted …
  bool is_removed = true;    ///< … and none of its messages is left
  std::uint64_t number = 0;  ///< of this state of it; not stored
};

}  // namespace chat
