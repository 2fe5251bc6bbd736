#pragma once
// The node that a user's `chatd mcp` start: one for all of them, with one store.
//
// It is a process of its own, so that it outlives the one that started it. Its data directory holds
// files besides the store: `chatd.mcp.lock`, locked by whoever looks for it or starts it;
// `chatd.mcp.address`, where it is; `chatd.mcp.log`, what it has to say; `chatd.mcp.users`, on
// which everybody who uses it holds a shared lock. When nobody does for a while and nobody is
// connected, it takes that lock for itself and ends.

#include <chrono>
#include <filesystem>
#include <string>

#include "client/node_url.hpp"
#include "model/failure.hpp"
#include "net/unique_fd.hpp"

namespace chat {

struct own_node_settings {
  std::filesystem::path data;
  std::string listen;  ///< empty: the usual address, or any port where that is taken
  std::chrono::seconds linger{0};
};

/// `$XDG_DATA_HOME/chatd`, or `~/.local/share/chatd`. The failure: there is no home.
result<std::filesystem::path> user_data_directory();

/// Somebody who uses the node: it stays as long as this.
class own_node_user {
 public:
  /// Limits: waits own_node_timeout for others who look for it, and for one that is ending.
  static result<own_node_user> make(own_node_settings settings);

  /// Finds the node, or starts it. Where none of this user runs, one at the usual address will do.
  result<node_address> find();

 private:
  explicit own_node_user(own_node_settings settings) : settings_(std::move(settings)) {}
  result<void> take_place();
  result<node_address> start();

  own_node_settings settings_;
  unique_fd place_;  // shared lock on chatd.mcp.users
};

/// The process of the node. Answers its exit status.
int run_own_node(const own_node_settings& settings);

}  // namespace chat
