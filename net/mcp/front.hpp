#pragma once
// What the doors of MCP have in common: from an HTTP request to an exchange.

#include "net/mcp/methods.hpp"

namespace chat::mcp {

/// What the HTTP request says of a call; the era and what was agreed on are the door's to add.
request_facts facts_of(const http_request& request, const rpc_request& call,
                       const door_context& context);
/// The same of a call in a session, which is in use as long as the facts live.
request_facts facts_of(const http_request& request, const rpc_request& call,
                       const door_context& context, session_ptr of);
/// Who sent the request, asked again whenever it is called: keys are revoked, tokens run out.
std::function<result<caller>()> who_sent(const http_request& request, const http_config& config);

/// Heeds a notification of the protocol's; false for any other call.
bool take_note(const rpc_request& call, session& of);

/// Runs a call that is not `initialize`: a notification gets 202 when it has run, which keeps a
/// client that only notifies from filling a mailbox.
void answer(request_facts facts, const rpc_request& call, const door_context& context,
            std::shared_ptr<outlet> out);

/// The answer goes to the session's event stream, and 202 to the POST.
std::shared_ptr<outlet> stream_outlet(session_ptr of, responder respond);
/// Whatever the answer is: 202.
std::shared_ptr<outlet> silent_outlet(responder respond);

/// The version that a client asks for in `initialize`, as far as we speak it.
std::string_view version_for(const rpc_request& call);
/// The capabilities that it declares there.
client_features features_in(const rpc_request& call);

}  // namespace chat::mcp
