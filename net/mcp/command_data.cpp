#include "net/mcp/command_data.hpp"

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat::mcp {

namespace {

command_failure read_failure(const command_answer& answer) {
  command_failure why{.code = "INTERNAL_ERROR",
                      .message = "The command failed",
                      .suggestion = "Try again",
                      .retry_after_ms = answer.retry_after_ms};
  const auto root = parse_json(answer.json);
  const auto error = root ? member(*root, "error") : std::nullopt;
  const auto take = [&](std::string_view key, std::string& into) {
    const auto text = error ? text_member(*error, key) : std::nullopt;
    if (text) into = *text;
  };
  take("code", why.code);
  take("message", why.message);
  take("suggestion", why.suggestion);
  return why;
}

}  // namespace

rpc_error command_failure::as_rpc() const {
  std::string details;
  json_writer json(details);
  json.begin_object().field("code", code);
  if (retry_after_ms > 0) {
    json.field("retryable", true).field("retryAfterSeconds", retry_after_seconds(retry_after_ms));
    json.field("retryAfterMs", retry_after_ms);
  }
  json.end_object();
  return {code == "VALIDATION_ERROR" ? rpc_code::invalid_params : rpc_code::internal_error, message,
          suggestion, std::move(details)};
}

void call_command(const door_context& door, caller who, std::string_view command,
                  std::string_view input, data_handler then, call_manner how) {
  const auto parsed = parse_json(input);
  auto call = make_call(command, parsed ? std::optional(*parsed) : std::nullopt);
  call->who = std::move(who);
  call->is_paid = how.is_paid;
  call->still_wanted = std::move(how.still_wanted);
  call->answer = [then = std::move(then)](command_answer answer) {
    if (!answer.success) return then(tl::unexpected(read_failure(answer)));
    const auto root = parse_json(answer.json);
    const auto data = root ? member(*root, "data") : std::nullopt;
    if (!data) return then(tl::unexpected(read_failure(answer)));
    then(*data);
  };
  door.send(std::move(call));
}

}  // namespace chat::mcp
