#pragma once
// What somebody who waits for messages wants to be woken by.

#include <cstddef>
#include <string>

#include "model/message.hpp"

namespace chat {

/// All that is not empty has to be true of a message; `count` such messages wake.
struct wake_condition {
  std::string mention;   ///< a nickname: `@nickname` stands in the text, as a word of its own
  std::string from;      ///< the sender's nickname
  std::string contains;  ///< part of the text
  std::size_t count = 1;

  /// Letters A to Z count as small ones, in both. Changes of messages meet none.
  bool is_met_by(const message& m) const;
};

}  // namespace chat
