#pragma once
// JSON-RPC batches (2.0, section 6): several calls in one body, their answers in one list.

#include <functional>
#include <string_view>

#include "net/http_config.hpp"

namespace chat {

/// Whether the body is meant as a batch: a list.
bool is_rpc_batch(std::string_view body);

/// Has `door` answer each call of the body as if it had come alone, in the order they stand in, and
/// answers with all that it says, whatever the status; 202 where it says nothing at all, as to
/// notifications. Limits: limits::rpc_batch_max calls. Errors: a body that is no JSON, an empty
/// list or too many calls are one error for all.
using rpc_door = std::function<void(http_request&, const door_context&, responder)>;
void answer_rpc_batch(http_request& request, const door_context& context, responder respond,
                      const rpc_door& door);

}  // namespace chat
