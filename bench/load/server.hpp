#pragma once
// The server a run measures: a node or a peer the harness starts, or a node that runs already.

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/process.hpp"

namespace bench {

/// chatd, or one of the programs in bench/peers.
enum class server_kind { chatd, bun, node_ws, node_http, floor };
const char* to_string(server_kind kind);

struct server_options {
  server_kind kind = server_kind::chatd;
  std::string url = {};   ///< of a running node; empty: start one
  pid_t pid = 0;          ///< of that node, to measure its CPU and memory
  bool anywhere = false;  ///< `url` may lie outside the loopback network
  bool pin = false;       ///< server on the first `threads` cores, client on the last one
  unsigned threads = 1;   ///< I/O loops of a node that is started
  std::string durability = "process";
  std::string answer = {};  ///< node_http: the body it gives to everybody
};

/// Says what is missing before this server can run, and the command that brings it; or nothing.
std::optional<std::string> what_is_missing(server_kind kind);

/// Ends what it started, and removes its temporary store. Thread: one.
class server {
 public:
  /// `rooms`, each for up to `members`, exist afterwards. Throws run_failure when that cannot be.
  server(server_options options, std::uint32_t rooms, std::uint32_t members);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  const server_options& options() const { return options_; }
  const sockaddr_in& address() const { return address_; }
  bool is_node() const { return options_.kind == server_kind::chatd; }
  /// With the version, where it tells.
  std::string name() const;
  /// One command of a node over POST /rpc: its CommandResult as JSON. Throws run_failure with what
  /// it answered when that is no success.
  std::string call(const std::string& command, const std::string& input);
  /// The request target that lets one member into a room; a node is asked for a token.
  std::string ticket(std::uint32_t room, const std::string& nickname);
  /// What it has used and holds; nothing for a running node whose --pid is not known.
  std::optional<usage> used() const;

 private:
  struct http;
  void start(std::uint32_t rooms, std::uint32_t members);
  std::vector<std::string> command_line(std::uint32_t rooms, std::uint32_t members);
  void make_rooms(std::uint32_t rooms, std::uint32_t members);

  server_options options_;
  sockaddr_in address_{};
  std::string temporary_;  // a folder
  std::unique_ptr<child> child_;
  std::unique_ptr<http> http_;
};

std::string room_name(std::uint32_t room);
/// chat-connect's input.
std::string connect_input(std::uint32_t room, const std::string& nickname);
/// The path, with its token, that a chat-connect's answer hands off to.
std::string handoff_target(std::string_view command_result);

}  // namespace bench
