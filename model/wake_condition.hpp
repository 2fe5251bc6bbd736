#pragma once
// What somebody who waits for messages wants to be woken by.

#include <cstddef>
#include <string>

#include "model/message.hpp"

namespace chat {

/// All that is not empty has to be true of a message; `count` such messages wake.
struct wake_condition {
  std::string mention;   ///< a nickname: `@nickname` stands in the text, between word boundaries
  std::string from;      ///< the sender's nickname
  std::string contains;  ///< part of the text
  std::size_t count = 1;

  /// Both are folded first (text.hpp): neither capitals nor normal forms count, in any script.
  /// Changes of messages meet none.
  bool is_met_by(const message& m) const;
};

}  // namespace chat
