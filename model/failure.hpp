#pragma once
// Why something was not done, as a value: a code for programs, words for people, a way on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace chat {

/// Every error code a client can see (contract, sections 2-3), and those of the public AFD catalog
/// that others answer.
enum class errc {
  validation_error,
  command_not_found,
  room_not_found,
  room_full,
  session_not_found,
  session_closed,
  session_expired,
  max_reconnects,
  invalid_token,
  unauthorized,
  forbidden,
  already_exists,
  message_not_found,
  webhook_not_found,
  dead_letter_not_found,
  webhook_limit,
  duplicate_conflict,
  storage_unavailable,
  overloaded,
  rate_limited,
  node_full,
  timeout,
  internal_error,
  nesting_refused,
  // Of batches and pipes (contract, section 7).
  invalid_batch_request,
  command_skipped,
  batch_timeout,
  pipeline_timeout,
  invalid_pipeline_request,
  unsupported_option,
  invalid_grouped_call,  // MCP tools that stand for a category
  // Doors only: refusals of HTTP and of WebSocket frames.
  invalid_request,
  invalid_message,
  not_found,
  method_not_allowed,
  length_required,
  payload_too_large,
  header_too_large,
  unsupported_media_type,
  request_timeout,
  origin_refused,
  host_refused,
  // Of the public catalog only: nothing here is answered so.
  invalid_input,
  missing_required_field,
  invalid_format,
  conflict,
  token_expired,
  quota_exceeded,
  service_unavailable,
  connection_error,
  not_implemented,
  unknown_error,
  invalid_command_args,
  command_cancelled,
  command_execution_error,
  command_not_exposed,
  command_not_in_context,
  command_not_allowed,
  unknown_tool,
  ambiguous_action,
  session_required,
  context_not_found,
  context_depth_exceeded,
  stream_aborted,
  stream_timeout,
  stream_error,
  stream_ended_unexpectedly,
  command_failed,
};

/// SCREAMING_SNAKE_CASE, as on the wire.
std::string_view to_string(errc code);
/// The code of that name, or nothing.
std::optional<errc> parse_errc(std::string_view name);
/// What a reader can do about it when the place of failure knows nothing better.
std::string_view default_suggestion(errc code);
/// True where the same call may succeed later without change.
bool is_retryable(errc code);

/// An error on its way to a reader. `details` is a JSON object or empty.
struct failure {
  errc code = errc::internal_error;
  std::string message;
  std::string suggestion;
  std::string details;
  std::int64_t retry_after_ms = 0;  ///< when to try again, if that is known
};

/// A failure with the code's own suggestion, or with a better one.
failure make_failure(errc code, std::string message, std::string suggestion = {});

/// RATE_LIMITED: so soon there may be more.
failure make_rate_limited(std::string message, std::int64_t wait_ms);
/// Whole seconds, as HTTP wants them (RFC 9110, 10.2.3).
inline std::int64_t retry_after_seconds(std::int64_t wait_ms) { return (wait_ms + 999) / 1000; }

/// A value or why there is none.
template <class T>
using result = tl::expected<T, failure>;

}  // namespace chat
