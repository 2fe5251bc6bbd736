// Tools that need more input (2026-07-28, basic/patterns/mrtr).

#include "model/base64url.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/signature.hpp"
#include "tests/mcp_fixture/fixture_tool.hpp"

namespace chat::fixture {

namespace {

// What only this process can have written.
std::string sealed(std::string_view state) {
  static const std::string secret = new_trace_id();
  std::string out(state);
  append_base64url(out += '.', hmac_sha256(secret, state));
  return out;
}

// The state that the client brings back; nothing when it is not as it was given.
std::optional<std::string> opened(element params) {
  const auto given = text_member(params, "requestState");
  if (!given) return std::nullopt;
  const auto state = given->substr(0, given->find('.'));
  if (!equal_in_constant_time(sealed(state), *given)) return std::nullopt;
  return std::string(state);
}

void need(const exchange_ptr& x, std::string_view requests, std::string_view state = "") {
  std::string out;
  json_writer json(out);
  json.begin_object().key("inputRequests").raw(requests);
  if (!state.empty()) json.field("requestState", sealed(state));
  json.end_object();
  x->need_input(out);
}

std::string sampling(std::string_view prompt) {
  return R"({"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":)"
         R"({"type":"text","text":")" +
         std::string(prompt) + R"("}}],"maxTokens":100}})";
}

constexpr std::string_view roots = R"({"method":"roots/list","params":{}})";

std::string only(std::string_view key, std::string_view request) {
  return R"({")" + std::string(key) + R"(":)" + std::string(request) + '}';
}

void basic_elicitation(const exchange_ptr& x, element params) {
  const auto given = input_of(params, "user_name");
  const auto content = given ? member(*given, "content") : std::nullopt;
  const auto name = content ? text_member(*content, "name") : std::nullopt;
  if (!name) return need(x, only("user_name", elicitation("What is your name?", "name", "string")));
  answer_text(x, "Hello, " + std::string(*name) + "!");
}

void basic_sampling(const exchange_ptr& x, element params) {
  const auto given = input_of(params, "capital_question");
  const auto content = given ? member(*given, "content") : std::nullopt;
  if (!content)
    return need(x, only("capital_question", sampling("What is the capital of France?")));
  answer_text(x, text_member(*content, "text").value_or(""));
}

void basic_roots(const exchange_ptr& x, element params) {
  const auto given = input_of(params, "client_roots");
  if (!given) return need(x, only("client_roots", roots));
  answer_text(x, "Roots: " + simdjson::minify(*given));
}

void confirm(const exchange_ptr& x, element params) {
  const auto request = only("confirm", elicitation("Please confirm", "ok", "boolean"));
  if (!member(params, "requestState") && !member(params, "inputResponses"))
    return need(x, request, "confirm");
  if (opened(params) != "confirm")
    return x->fail_params("requestState is not as it was given", "Begin anew without it");
  if (!input_of(params, "confirm")) return need(x, request, "confirm");
  answer_text(x, "state-ok");
}

void several(const exchange_ptr& x, element params) {
  const bool all = input_of(params, "user_name") && input_of(params, "greeting") &&
                   input_of(params, "client_roots") && opened(params) == "several";
  if (all) return answer_text(x, "All inputs came");
  need(x,
       R"({"user_name":)" + elicitation("What is your name?", "name", "string") +
           R"(,"greeting":)" + sampling("Generate a greeting") + R"(,"client_roots":)" +
           std::string(roots) + '}',
       "several");
}

void rounds(const exchange_ptr& x, element params) {
  const auto state = opened(params);
  if (state == "two" && input_of(params, "step2")) return answer_text(x, "Three rounds");
  if (state == "one" && input_of(params, "step1"))
    return need(
        x, only("step2", elicitation("Step 2: What is your favorite color?", "color", "string")),
        "two");
  need(x, only("step1", elicitation("Step 1: What is your name?", "name", "string")), "one");
}

void by_capabilities(const exchange_ptr& x, element params) {
  if (input_of(params, "greeting") || input_of(params, "user_name"))
    return answer_text(x, "Thank you");
  const auto& client = x->facts().client;
  std::string requests;
  const auto add = [&](bool can, std::string_view key, const std::string& request) {
    if (!can) return;
    requests += (requests.empty() ? "\"" : ",\"") + std::string(key) + "\":" + request;
  };
  add(client.sampling, "greeting", sampling("Generate a greeting"));
  add(client.elicitation, "user_name", elicitation("What is your name?", "name", "string"));
  if (requests.empty()) return answer_text(x, "You can do nothing for me");
  need(x, '{' + requests + '}');
}

void missing_capability(const exchange_ptr& x, element) {
  if (x->facts().client.sampling) return answer_text(x, "You can do sampling");
  x->fail({mcp::error_code::missing_capability, "This tool needs the client's model",
           "Declare the capability sampling", R"({"requiredCapabilities":{"sampling":{}}})"},
          400);
}

constexpr fixture_tool input_rows[] = {
    {"test_input_required_result_elicitation", "Needs a name", basic_elicitation},
    {"test_streaming_elicitation", "Needs a name", basic_elicitation},
    {"test_input_required_result_sampling", "Needs a model", basic_sampling},
    {"test_input_required_result_list_roots", "Needs roots", basic_roots},
    {"test_input_required_result_request_state", "Keeps state with the client", confirm},
    {"test_input_required_result_tampered_state", "Keeps state with the client", confirm},
    {"test_input_required_result_multiple_inputs", "Needs several things", several},
    {"test_input_required_result_multi_round", "Needs one thing after the other", rounds},
    {"test_input_required_result_capabilities", "Needs what the client can do", by_capabilities},
    {"test_missing_capability", "Needs sampling", missing_capability},
};

}  // namespace

std::span<const fixture_tool> input_tools() { return input_rows; }

std::optional<element> input_of(element params, std::string_view key) {
  const auto all = member(params, "inputResponses");
  const auto given = all ? member(*all, key) : std::nullopt;
  return given && given->is_object() ? given : std::nullopt;
}

std::string elicitation(std::string_view message, std::string_view key, std::string_view type) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("method", "elicitation/create").key("params").begin_object();
  json.field("message", message).key("requestedSchema").begin_object().field("type", "object");
  json.key("properties").begin_object().key(key).begin_object().field("type", type).end_object();
  json.end_object().key("required").begin_array().string(key).end_array();
  json.end_object().end_object().end_object();
  return out;
}

}  // namespace chat::fixture
