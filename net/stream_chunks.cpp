#include "net/stream_chunks.hpp"

#include <cmath>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

std::string as_event(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 8);
  return out.append("data: ").append(json).append("\n\n");
}

// What the last chunk tells of the answer as a whole.
std::string summary_of(simdjson::dom::element result) {
  std::string out;
  json_writer json(out);
  for (const std::string_view name : {"confidence", "reasoning", "metadata"})
    if (const auto value = member(result, name)) json.key(name).raw(simdjson::minify(*value));
  return out;
}

}  // namespace

std::string data_chunk(std::string_view data, std::size_t index, bool is_last) {
  std::string out;
  json_writer(out)
      .begin_object()
      .field("type", "data")
      .key("data")
      .raw(data)
      .field("index", index)
      .field("isLast", is_last)
      .end_object();
  return as_event(out);
}

std::string progress_chunk(std::string_view message, std::string_view warning) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "progress").field("progress", 0).field("message", message);
  json.key("warning").raw(warning).end_object();
  return as_event(out);
}

std::string stream_end::complete(std::string_view members) const {
  const std::chrono::duration<double, std::milli> took = clock::now() - began_;
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "complete").field("totalChunks", chunks);
  json.field("totalDurationMs", std::round(took.count() * 100) / 100);
  if (!members.empty()) json.raw(members);
  json.end_object();
  return as_event(out);
}

std::string stream_end::error(std::string_view error, bool recoverable) const {
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "error").key("error").raw(error);
  json.field("chunksBeforeError", chunks).field("recoverable", recoverable).end_object();
  return as_event(out);
}

std::string error_chunk(const command_answer& answer, const stream_end& end) {
  const auto result = parse_json(answer.json);
  const auto error = result ? member(*result, "error") : std::nullopt;
  if (!error) return end.error(R"({"code":"INTERNAL_ERROR"})", true);
  bool recoverable = false;
  if (const auto flag = member(*error, "retryable"))
    if (flag->get(recoverable)) recoverable = false;
  return end.error(std::string(simdjson::minify(*error)), recoverable);
}

std::string chunks_of(const command_answer& answer, stream_end end) {
  // A batch has no data, but results; a pipe that failed tells of its steps in its error alone.
  const auto result = parse_json(answer.json);
  if (!answer.success || !result) return error_chunk(answer, end);
  auto data = member(*result, "data");
  if (!data) data = member(*result, "results");
  std::string out;
  simdjson::dom::array list;
  if (data && !data->get(list)) {
    const auto size = list.size();
    for (const auto item : list) {
      out += data_chunk(std::string(simdjson::minify(item)), end.chunks, end.chunks + 1 == size);
      ++end.chunks;
    }
  } else {
    out += data_chunk(data ? std::string(simdjson::minify(*data)) : "null", 0, true);
    end.chunks = 1;
  }
  return out + end.complete(summary_of(*result));
}

}  // namespace chat
