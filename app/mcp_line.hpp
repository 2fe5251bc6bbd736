#pragma once
// One line of an MCP client on stdio, and what HTTP needs to know of it.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "net/json_rpc.hpp"

namespace chat {

using mcp_headers = std::vector<std::pair<std::string, std::string>>;

struct mcp_line {
  std::string text = {};
  std::string id = {};  ///< JSON; empty for notifications and batches
  std::string method = {};
  std::string uri = {};                     ///< of a resource
  std::string cancelled_id = {};            ///< of notifications/cancelled: which request, as JSON
  std::vector<std::string> batch_ids = {};  ///< of the requests of a batch
  bool is_batch = false;                    ///< several messages (revision 2025-03-26)
  bool is_response = false;
  bool is_stateless = false;
  bool may_wait = false;     ///< its answer may take long on purpose: others need not wait for it
  mcp_headers headers = {};  ///< that repeat what the body says

  bool is_in_session() const { return !is_stateless && method != "initialize"; }
  /// What the client gets where the node answers nothing: a failure of each request in it; empty
  /// where it has none.
  std::string failed(const rpc_error& why) const;
};

/// The failure is for a line that is no message.
tl::expected<mcp_line, rpc_error> read_mcp_line(std::string text);

/// Whether a message of the node answers the request of that id.
bool is_answer_to(std::string_view message, std::string_view id);
/// Whether it is an answer without a failure.
bool is_success(std::string_view message);
/// A failure that the node could not say the id of, as the answer to the request of that id; any
/// other message as it is.
std::string with_id(std::string_view message, std::string_view id);
/// What the node's answer to `initialize` says; empty when it says nothing.
std::string negotiated_version(std::string_view message);

}  // namespace chat
