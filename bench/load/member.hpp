#pragma once
// One WebSocket of the harness, in one room.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/poller.hpp"

namespace bench {

class crowd;

enum class member_state { connecting, upgrading, joining, open, closed };

/// Plain state; its crowd drives it. Thread: one.
struct member final : pollable {
  member(crowd& all, std::uint32_t in) : owner(all), room(in) {}
  void on_ready(std::uint32_t events) override;

  static constexpr std::uint32_t nobody = UINT32_MAX;

  crowd& owner;
  int fd = -1;
  std::uint32_t room;
  std::uint32_t author = nobody;  ///< as whom it speaks, once it has
  std::uint16_t close_code = 0;
  member_state state = member_state::connecting;
  bool deaf = false;     ///< once it is in, it never reads again
  bool leaving = false;  ///< the harness ends it: no loss when the socket does
  bool placed = false;   ///< `position` is exact, not only the least it can be
  bool wants_write = false;

  std::uint64_t position = 0;      ///< place in the room's log of the next message it must get
  std::string after_id;            ///< the last message before it came, until it is placed
  std::vector<std::string> early;  ///< messages it got before anybody had got its `after_id`
  std::string unread;              ///< the beginning of a frame, or of the answer to the upgrade
  std::string unsent;              ///< what the socket did not take
  std::int64_t started_ns = 0;     ///< when it was asked to join
};

}  // namespace bench
