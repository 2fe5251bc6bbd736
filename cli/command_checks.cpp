// What `afd validate` asks of commands and their results (contract, sections 2, 3 and 7).

#include <array>

#include "cli/inspection.hpp"
#include "cli/render.hpp"

namespace chat::cli {

namespace {

// What is off, one after the other.
class faults {
 public:
  void add(const std::string& where, const std::string& what) {
    if (!what.empty()) text_ += (text_.empty() ? "" : "; ") + where + ": " + what;
  }
  verdict result() const { return text_.empty() ? fine() : off(text_); }

 private:
  std::string text_;
};

verdict tool_list(inspection& i) {
  const auto tools = i.node.tools();
  if (!tools) return off(tools.error().message);
  if (tools->empty()) return off("there are no tools");
  faults found;
  for (const auto& tool : *tools) {
    const auto name = text_at(tool, "name");
    if (name.empty()) found.add("a tool", "has no name");
    if (text_at(tool, "description").size() < 10) found.add(name, "is hardly described");
    if (text_at(at(tool, "inputSchema"), "type") != "object")
      found.add(name, "its inputSchema is not of type object");
    if (!at(at(tool, "annotations"), "readOnlyHint").is_boolean())
      found.add(name, "has no annotations");
  }
  return found.result();
}

// As the public tool does. Names and shapes only: what they answer is theirs.
verdict tools_answer(inspection& i) {
  const auto tools = i.node.tools();
  if (!tools) return off(tools.error().message);
  faults found;
  for (const auto& tool : *tools) {
    if (!i.category.empty() && category_of(tool) != i.category) continue;
    const auto name = text_at(tool, "name");
    json request = json::parse(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})");
    request["params"] = json{{"name", name}, {"arguments", json::object()}};
    const auto answer = at(body_of(i.post("/message", dump(request))), "result");
    const auto result = command_result_of(answer);
    if (!result) {
      found.add(name, result.error().message);
      continue;
    }
    found.add(name, fault_of_result(*result));
    if (is_true(at(answer, "isError")) == is_true(at(*result, "success")))
      found.add(name, "isError does not fit success");
  }
  return found.result();
}

verdict hints(inspection& i) {
  const auto result = i.call("chat-rooms");
  const auto& top = at(result, "_agentHints");
  if (!top.is_object()) return off("chat-rooms has no `_agentHints`");
  return top == at(at(result, "metadata"), "agentHints")
             ? fine()
             : off("`metadata.agentHints` is not the same");
}

verdict bad_input(inspection& i) {
  const auto result = i.call("chat-connect", json{{"roomId", 5}, {"extra", true}});
  if (code_of(result) != "VALIDATION_ERROR")
    return off("expected VALIDATION_ERROR; " + shown(result));
  const auto& details = at(at(result, "error"), "details");
  faults found;
  for (const char* name : {"errors", "expectedFields", "unexpectedFields"})
    if (!at(details, name).is_array()) found.add(name, "is not in `details`");
  return found.result();
}

verdict failure_speaks(inspection& i) {
  const auto result = i.call("chat-connect", json{{"roomId", i.room + "-none"}});
  if (code_of(result) != "ROOM_NOT_FOUND") return off("expected ROOM_NOT_FOUND; " + shown(result));
  faults found;
  found.add("ROOM_NOT_FOUND", fault_of_result(result));
  return found.result();
}

node_client::answer batch(const inspection& i, const std::string& commands,
                          const std::string& options = "{}") {
  return i.post("/batch", R"({"commands":)" + commands + R"(,"options":)" + options + '}');
}

verdict batch_shape(inspection& i) {
  const auto a = batch(i, R"([{"command":"chat-rooms"},{"id":"x","command":"no-such"}])");
  const auto b = body_of(a);
  if (a.status != 200 || !is_true(at(b, "success"))) return off("expected success; " + shown(b));
  const auto& summary = at(b, "summary");
  if (at(summary, "total") != 2 || at(summary, "successCount") != 1 ||
      at(summary, "failureCount") != 1 || at(summary, "skippedCount") != 0)
    return off("the summary of one success and one failure is " + shown(summary));
  const auto& results = at(b, "results");
  if (!results.is_array() || results.size() != 2) return off("there are not two results");
  if (text_at(results[0], "id") != "cmd-0" || text_at(results[1], "id") != "x")
    return off("the ids are not cmd-0 and x");
  faults found;
  for (const auto& part : results) {
    found.add(text_at(part, "id"), fault_of_result(at(part, "result")));
    for (const char* name : {"index", "durationMs"})
      if (!at(part, name).is_number())
        found.add(text_at(part, "id"), std::string(name) + " is missing");
  }
  for (const char* name : {"totalMs", "averageMs"})
    if (!at(at(b, "timing"), name).is_number())
      found.add("timing", std::string(name) + " is missing");
  return found.result();
}

verdict batch_stops(inspection& i) {
  const auto b = body_of(
      batch(i, R"([{"command":"no-such"},{"command":"chat-rooms"}])", R"({"stopOnError":true})"));
  const auto& results = at(b, "results");
  if (!results.is_array() || results.size() != 2) return off("there are not two results");
  const auto code = code_of(at(results[1], "result"));
  return code == "COMMAND_SKIPPED" ? fine() : off("what follows a failure is '" + code + '\'');
}

verdict batch_refused(inspection& i) {
  const auto a = batch(i, "5");
  return a.status == 400 && code_of(body_of(a)) == "INVALID_BATCH_REQUEST"
             ? fine()
             : off("expected 400 INVALID_BATCH_REQUEST; HTTP " + std::to_string(a.status) + ", " +
                   shown(body_of(a)));
}

verdict batch_empty(inspection& i) {
  const auto a = batch(i, "[]");
  return a.status == 200 && at(body_of(a), "success") == false
             ? fine()
             : off("expected 200 and success:false; HTTP " + std::to_string(a.status));
}

verdict batch_limit(inspection& i) {
  json commands = json::array();
  for (int n = 0; n < 101; ++n) commands.push_back(json{{"command", "no-such"}});
  const auto b = body_of(batch(i, dump(commands)));
  return at(b, "success") == false && at(b, "error").is_object()
             ? fine()
             : off("101 commands are not refused: " + shown(b));
}

std::vector<json> stream_of(const inspection& i, const std::string& command) {
  std::vector<json> chunks;
  i.node.send("POST", "/stream/" + command, "{}", {{"Content-Type", "application/json"}},
              [&](std::string_view data) {
                chunks.push_back(json::parse(data, nullptr, false));
                const auto type = text_at(chunks.back(), "type");
                return type != "complete" && type != "error";
              });
  return chunks;
}

verdict stream_chunks(inspection& i) {
  const auto chunks = stream_of(i, "chat-rooms");
  if (chunks.empty()) return off("no chunks come");
  std::size_t count = 0;
  bool had_last = false;
  for (const auto& chunk : chunks) {
    if (text_at(chunk, "type") != "data") continue;
    if (had_last) return off("a chunk follows the one with isLast");
    if (at(chunk, "index") != count)
      return off("chunk " + std::to_string(count) + " has another index");
    had_last = is_true(at(chunk, "isLast"));
    ++count;
  }
  if (count == 0 || !had_last) return off("no chunk of type data has isLast");
  if (text_at(chunks.back(), "type") != "complete") return off("it does not end with `complete`");
  return at(chunks.back(), "totalChunks") == count
             ? fine()
             : off("totalChunks is not " + std::to_string(count) + ": " + shown(chunks.back()));
}

verdict stream_error(inspection& i) {
  const auto chunks = stream_of(i, "chat-status");  // without its sessionId
  if (chunks.empty()) return off("no chunks come");
  const auto& last = chunks.back();
  const bool is_so = text_at(last, "type") == "error" && !code_of(last).empty() &&
                     at(last, "chunksBeforeError").is_number() &&
                     at(last, "recoverable").is_boolean();
  return is_so ? fine() : off("a failure does not end it with a chunk `error`: " + shown(last));
}

constexpr std::array all_command_checks{
    check{"tools are named, described, with schema and hints", "7", tool_list},
    check{"every tool answers {} with a CommandResult", "1, 2", tools_answer},
    check{"agent hints stand in both places", "2", hints},
    check{"bad input is spelled out", "2", bad_input},
    check{"a failure says what, and what to do", "2", failure_speaks},
    check{"/batch: results, summary, timing", "7", batch_shape},
    check{"/batch: stopOnError skips the rest", "7", batch_stops},
    check{"/batch: what is no batch is 400", "7", batch_refused},
    check{"/batch: an empty one has success:false", "7", batch_empty},
    check{"/batch: more than 100 are refused", "7", batch_limit},
    check{"/stream: data in order, then complete", "7", stream_chunks},
    check{"/stream: a failure is a chunk of its own", "7", stream_error},
};

}  // namespace

std::span<const check> command_checks() { return all_command_checks; }

}  // namespace chat::cli
