#pragma once
// What one run does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Which fields matter is up to the scenario; each has defaults of its own.
struct settings {
  std::string scenario = "mixed";
  std::uint32_t rooms = 1;
  std::uint32_t members = 32;      ///< of each room
  std::uint32_t senders = 0;       ///< of each room; 0: all members
  std::uint32_t window = 1;        ///< closed loop: messages a sender has under way
  double rate = 0;                 ///< open loop: messages (connect: joins) a second in all
  std::uint32_t text_bytes = 64;   ///< of each message
  std::uint32_t connections = 64;  ///< commands, connect: HTTP connections, each with one call
  std::string command = "all";     ///< commands: chat-status, chat-poll, chat-send or all in turn
  std::uint32_t stored = 100;      ///< commands: messages in the room that is polled
  std::uint32_t page = 50;         ///< commands: of them, how many a poll answers
  bool oldest = false;             ///< commands: the oldest of them, not the newest
  double slow_share = 0.1;         ///< slow: of the members, how many never read
  double seconds = 5;              ///< measured
  double warm_up_s = 1;            ///< before that
};

/// Every scenario with a line about it, in the order of the help.
struct scenario_name {
  std::string_view name;
  std::string_view about;
};
const std::vector<scenario_name>& scenario_names();

/// The defaults of a scenario; throws run_failure for a name nobody knows.
settings defaults_of(const std::string& scenario);

/// The run in a few words: `100 x 10, 2 senders, window 1`.
std::string describe(const settings& s);

}  // namespace bench
