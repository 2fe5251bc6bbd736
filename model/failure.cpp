#include "model/failure.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chat {

namespace {

struct row {
  errc code;
  std::string_view name;
  bool retryable;
  std::string_view suggestion;
};

// One line per value of errc, in its order.
constexpr std::array rows{
    row{errc::validation_error, "VALIDATION_ERROR", false,
        "Correct the input as the details say and call again"},
    row{errc::command_not_found, "COMMAND_NOT_FOUND", false,
        "Call afd-help to list the commands of this node"},
    row{errc::room_not_found, "ROOM_NOT_FOUND", false, "Use chat-rooms to list available rooms"},
    row{errc::room_full, "ROOM_FULL", true, "Try again later or join a different room"},
    row{errc::session_not_found, "SESSION_NOT_FOUND", false,
        "Call chat-connect to open a session; ended sessions are forgotten after ten minutes"},
    row{errc::session_closed, "SESSION_CLOSED", false, "Call chat-connect to open a new session"},
    row{errc::session_expired, "SESSION_EXPIRED", false, "Call chat-connect to open a new session"},
    row{errc::max_reconnects, "MAX_RECONNECTS", false,
        "Call chat-connect to open a new session, and chat-poll for what was missed"},
    row{errc::invalid_token, "INVALID_TOKEN", false,
        "Use the token given last, or call chat-reconnect for a new one"},
    row{errc::unauthorized, "UNAUTHORIZED", false,
        "Send Authorization: Bearer <credential>, with an API key or token of this node's "
        "operator"},
    row{errc::forbidden, "FORBIDDEN", false,
        "Use a session of your own: chat-connect answers its sessionId"},
    row{errc::already_exists, "ALREADY_EXISTS", false,
        "Choose another id, or use what exists already"},
    row{errc::message_not_found, "MESSAGE_NOT_FOUND", false,
        "Use the id of a message that was sent to this room"},
    row{errc::webhook_not_found, "WEBHOOK_NOT_FOUND", false,
        "Call chat-webhook-list for your webhooks, or register a new one"},
    row{errc::dead_letter_not_found, "DEAD_LETTER_NOT_FOUND", false,
        "Call chat-webhook-dead-letters for those that there are"},
    row{errc::webhook_limit, "WEBHOOK_LIMIT", false,
        "Delete webhooks that are not needed any more with chat-webhook-delete"},
    row{errc::duplicate_conflict, "DUPLICATE_CONFLICT", false,
        "Give every new message a clientMessageId of its own"},
    row{errc::storage_unavailable, "STORAGE_UNAVAILABLE", true,
        "The message was not sent. Send it again in a few seconds"},
    row{errc::overloaded, "OVERLOADED", true, "Wait a second and call again"},
    row{errc::rate_limited, "RATE_LIMITED", true,
        "Slow down: wait as long as the error says, then go on"},
    row{errc::node_full, "NODE_FULL", true,
        "Try again in a few minutes, or end sessions you no longer need with chat-disconnect"},
    row{errc::timeout, "TIMEOUT", true, "The node is busy. Wait a second and call again"},
    row{errc::internal_error, "INTERNAL_ERROR", true,
        "This is a defect of the node. Call again; if it stays, tell the operator the traceId"},
    row{errc::nesting_refused, "NESTING_REFUSED", false,
        "List the commands themselves; afd-call may run a batch or a pipe, and nothing else may"},
    row{errc::invalid_batch_request, "INVALID_BATCH_REQUEST", false,
        R"(Send {"commands":[{"command":"chat-rooms","input":{}}]} with 1 to 100 commands)"},
    row{errc::command_skipped, "COMMAND_SKIPPED", false,
        "Disable stopOnError to execute every command"},
    row{errc::batch_timeout, "BATCH_TIMEOUT", true,
        "Increase timeout or reduce the number of batch commands"},
    row{errc::pipeline_timeout, "PIPELINE_TIMEOUT", true,
        "Increase timeoutMs or reduce the number of steps"},
    row{errc::invalid_pipeline_request, "INVALID_PIPELINE_REQUEST", false,
        R"(Send {"steps":[{"command":"chat-rooms","input":{}}]} with at most 50 steps)"},
    row{errc::unsupported_option, "UNSUPPORTED_OPTION", false,
        "Leave this option out: steps run one after the other, and answer as a whole"},
    row{errc::invalid_grouped_call, "INVALID_GROUPED_CALL", false,
        "Give action: the name of a command of this group"},
    row{errc::invalid_request, "INVALID_REQUEST", false, "Send a valid HTTP/1.1 request"},
    row{errc::invalid_message, "INVALID_MESSAGE", false,
        R"(Send a JSON object such as {"type":"message","text":"Hello"})"},
    row{errc::not_found, "NOT_FOUND", false,
        "Commands are POST /rpc and POST /message; /health tells whether the node is up"},
    row{errc::method_not_allowed, "METHOD_NOT_ALLOWED", false,
        "Use one of the methods in the Allow header"},
    row{errc::length_required, "LENGTH_REQUIRED", false,
        "Send the body with a Content-Length header"},
    row{errc::payload_too_large, "PAYLOAD_TOO_LARGE", false, "Send a body of at most 1 MiB"},
    row{errc::header_too_large, "HEADER_TOO_LARGE", false,
        "Send a request line and headers of at most 16 KiB"},
    row{errc::unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE", false,
        "Send JSON with the header Content-Type: application/json"},
    row{errc::request_timeout, "REQUEST_TIMEOUT", true,
        "Send the whole request within ten seconds"},
    row{errc::origin_refused, "ORIGIN_REFUSED", false,
        "Open the page from this node's own address or from localhost"},
    row{errc::host_refused, "HOST_REFUSED", false,
        "Address the node as localhost, or as the host given with --public-url"},
    row{errc::invalid_input, "INVALID_INPUT", false, "Correct the input and call again"},
    row{errc::missing_required_field, "MISSING_REQUIRED_FIELD", false,
        "Give the field that is missing"},
    row{errc::invalid_format, "INVALID_FORMAT", false, "Write the field in the format asked for"},
    row{errc::conflict, "CONFLICT", false, "Read what is there now, then decide again"},
    row{errc::token_expired, "TOKEN_EXPIRED", false, "Get a new token, then call again"},
    row{errc::quota_exceeded, "QUOTA_EXCEEDED", false, "Ask the operator for more"},
    row{errc::service_unavailable, "SERVICE_UNAVAILABLE", true, "Wait a second and call again"},
    row{errc::connection_error, "CONNECTION_ERROR", true,
        "See whether the node is up; the call may have been done"},
    row{errc::not_implemented, "NOT_IMPLEMENTED", false, "Do without it"},
    row{errc::unknown_error, "UNKNOWN_ERROR", true, "Call again; if it stays, tell the operator"},
    row{errc::invalid_command_args, "INVALID_COMMAND_ARGS", false,
        "Call afd-detail for what the command takes"},
    row{errc::command_cancelled, "COMMAND_CANCELLED", false, "Call again if it is still wanted"},
    row{errc::command_execution_error, "COMMAND_EXECUTION_ERROR", false,
        "Tell the operator the traceId"},
    row{errc::command_not_exposed, "COMMAND_NOT_EXPOSED", false,
        "Call afd-help to list the commands that you may call"},
    row{errc::command_not_in_context, "COMMAND_NOT_IN_CONTEXT", false,
        "Enter a context that has the command"},
    row{errc::command_not_allowed, "COMMAND_NOT_ALLOWED", false,
        "Call afd-help to list the commands that you may call"},
    row{errc::unknown_tool, "UNKNOWN_TOOL", false, "List the tools, and call one of them"},
    row{errc::ambiguous_action, "AMBIGUOUS_ACTION", false, "Write the command's whole name"},
    row{errc::session_required, "SESSION_REQUIRED", false, "Open an MCP session first"},
    row{errc::context_not_found, "CONTEXT_NOT_FOUND", false, "List the contexts that there are"},
    row{errc::context_depth_exceeded, "CONTEXT_DEPTH_EXCEEDED", false,
        "Leave a context before you enter another one"},
    row{errc::stream_aborted, "STREAM_ABORTED", true, "Open the stream again"},
    row{errc::stream_timeout, "STREAM_TIMEOUT", true, "Open the stream again, with more time"},
    row{errc::stream_error, "STREAM_ERROR", true, "Open the stream again"},
    row{errc::stream_ended_unexpectedly, "STREAM_ENDED_UNEXPECTEDLY", true,
        "Open the stream again; the command may have been done"},
    row{errc::command_failed, "COMMAND_FAILED", false, "Call the command alone to see why"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].code != static_cast<errc>(i)) return false;
  return rows.back().code == errc::command_failed;
}
static_assert(in_order(), "one row per errc, in the order of the enum");

const row& row_of(errc code) { return rows[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view to_string(errc code) { return row_of(code).name; }
std::optional<errc> parse_errc(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &row::name);
  if (found == rows.end()) return std::nullopt;
  return found->code;
}

std::string_view default_suggestion(errc code) { return row_of(code).suggestion; }
bool is_retryable(errc code) { return row_of(code).retryable; }

failure make_failure(errc code, std::string message, std::string suggestion) {
  if (suggestion.empty()) suggestion = default_suggestion(code);
  return {code, std::move(message), std::move(suggestion), {}, 0};
}

failure make_rate_limited(std::string message, std::int64_t wait_ms) {
  auto why = make_failure(errc::rate_limited, std::move(message));
  why.retry_after_ms = wait_ms;
  why.details = R"({"retryAfterSeconds":)" + std::to_string(retry_after_seconds(wait_ms)) + '}';
  return why;
}

}  // namespace chat
