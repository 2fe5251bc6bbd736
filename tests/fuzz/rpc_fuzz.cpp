// The body of a POST to /rpc and to /message. Each is answered exactly once, in one line of JSON
// that bears the client's own id; and what reaches the command is what the body says.

#include <algorithm>
#include <vector>

#include "net/rpc_batch.hpp"
#include "tests/fuzz/visit.hpp"

namespace chat {

namespace {

using fuzz::promise;

http_request posted(std::string_view path, std::string_view body) {
  http_request::message m{http::verb::post, path, 11};
  m.set(http::field::host, "localhost");
  m.body() = body;
  return {std::move(m), "127.0.0.1"};
}

// The values of every `id` of the outermost object, minified: names need not be unique.
std::vector<std::string> ids_of(std::string_view body) {
  std::vector<std::string> ids;
  const auto root = parse_json(body);
  simdjson::dom::object object;
  if (root && !root->get(object))
    for (const auto entry : object)
      if (entry.key == "id") ids.push_back(simdjson::minify(entry.value));
  return ids;
}

// Takes the id out of an answer: numbers as id may be longer than any parser takes.
std::string cut_id(std::string& answer) {
  constexpr std::string_view before = R"({"jsonrpc":"2.0","id":)";
  promise(answer.starts_with(before), "an answer is JSON-RPC");
  const auto end = std::min(answer.find(R"(,"result":)"), answer.find(R"(,"error":)"));
  promise(end != std::string::npos, "an answer has a result or an error");
  const auto id = answer.substr(before.size(), end - before.size());
  answer.replace(before.size(), id.size(), "0");
  return id;
}

void check_id(std::string_view body, std::string_view answered, bool refused) {
  const auto ids = ids_of(body);
  if (answered == "null" && (ids.empty() || refused)) return;
  if (ids.empty()) return promise(body.find(answered) != body.npos, "an id comes back as it was");
  const auto id = fuzz::minified(answered);
  promise(std::find(ids.begin(), ids.end(), id) != ids.end(), "an answer has its call's id");
}

void check_answer(std::string_view body, const http_response& answer) {
  promise(answer.status == 200 || answer.status == 202 || answer.status == 400, "a known status");
  promise((answer.status == 202) == answer.body.empty(), "202 says nothing, others do");
  if (answer.body.empty()) return;
  promise(answer.body.find_first_of("\r\n") == std::string::npos, "an answer is one line");
  std::string envelope = answer.body;
  check_id(body, cut_id(envelope), answer.status == 400);
  promise(fuzz::value_at(envelope, "/id") == "0", "an answer is JSON around its id");
  if (fuzz::value_at(envelope, "/error/code") == "-32700")
    promise(fuzz::minified(body).empty(), "what is JSON is read as JSON");
}

// The call as it is when nobody cuts anything out of the body.
void check_call(std::string_view body, const command_call& call, bool notification) {
  const auto root = parse_json(body);
  if (!root) return;  // an id too long for a parser
  promise(notification == (member(*root, "jsonrpc") && !member(*root, "id")),
          "who sends an id gets an answer");
  const auto method = text_member(*root, "method");
  promise(method.has_value(), "a call names its method");
  const auto wanted = make_call(*method, member(*root, "params"));
  promise(wanted->command == call.command && wanted->row == call.row, "the command asked for runs");
  promise(wanted->input.has_value() == call.input.has_value(), "its input is the one given");
  if (call.row && !call.input)
    fuzz::promise_same(wanted->input.error().details, call.input.error().details,
                       "it fails for the input given");
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto body = fuzz::text_of(data, size);
  if (is_rpc_batch(body)) {  // each of its calls is an input of its own
    (void)fuzz::visit_door(posted("/rpc", body));
    (void)fuzz::visit_door(posted("/message", body));
    return 0;
  }
  const auto rpc = fuzz::visit_door(posted("/rpc", body));
  check_answer(body, rpc.answer);
  if (rpc.call) check_call(body, *rpc.call, rpc.answer.status == 202);
  check_answer(body, fuzz::visit_door(posted("/message", body)).answer);
  return 0;
}
