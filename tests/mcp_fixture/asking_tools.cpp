#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "tests/mcp_fixture/fixture_tool.hpp"

namespace chat::fixture {

namespace {

std::string argument(element params, std::string_view name) {
  const auto arguments = member(params, "arguments");
  return std::string(arguments ? text_member(*arguments, name).value_or("") : "");
}

void ask_sampling(const exchange_ptr& x, element params) {
  if (!x->facts().client.sampling)
    return x->result(text_result("The client does not support sampling", true));
  std::string out;
  json_writer json(out);
  json.begin_object().key("messages").begin_array().begin_object().field("role", "user");
  json.key("content").begin_object().field("type", "text");
  json.field("text", argument(params, "prompt")).end_object().end_object().end_array();
  json.field("maxTokens", 100).end_object();
  x->ask("sampling/createMessage", out, [x](std::optional<element> reply) {
    const auto content = reply ? member(*reply, "content") : std::nullopt;
    if (!content) return x->result(text_result("The client did not answer", true));
    answer_text(x, "LLM response: " + std::string(text_member(*content, "text").value_or("")));
  });
}

// Asks the user for what the schema says, and answers what came of it.
void elicit(const exchange_ptr& x, std::string_view begin, std::string_view message,
            std::string_view schema) {
  if (!x->facts().client.elicitation)
    return x->result(text_result("The client does not support elicitation", true));
  std::string out;
  json_writer json(out);
  json.begin_object().field("message", message).key("requestedSchema").raw(schema).end_object();
  x->ask("elicitation/create", out, [x, begin](std::optional<element> reply) {
    if (!reply) return x->result(text_result("The client did not answer", true));
    const auto content = member(*reply, "content");
    answer_text(x, std::string(begin) +
                       "action=" + std::string(text_member(*reply, "action").value_or("")) +
                       ", content=" + (content ? simdjson::minify(*content) : "{}"));
  });
}

void ask_elicitation(const exchange_ptr& x, element params) {
  elicit(x, "User response: ", argument(params, "message"),
         R"({"type":"object","properties":{)"
         R"("username":{"type":"string","description":"User's response"},)"
         R"("email":{"type":"string","description":"User's email address"}},)"
         R"("required":["username","email"]})");
}

void ask_defaults(const exchange_ptr& x, element) {
  elicit(x, "Elicitation completed: ", "Please check these",
         R"({"type":"object","properties":{)"
         R"("name":{"type":"string","default":"John Doe"},)"
         R"("age":{"type":"integer","default":30},)"
         R"("score":{"type":"number","default":95.5},)"
         R"("status":{"type":"string","enum":["active","inactive","pending"],)"
         R"("default":"active"},"verified":{"type":"boolean","default":true}},"required":[]})");
}

void ask_enums(const exchange_ptr& x, element) {
  elicit(
      x, "Elicitation completed: ", "Please choose",
      R"({"type":"object","properties":{)"
      R"("untitledSingle":{"type":"string","enum":["option1","option2","option3"]},)"
      R"("titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},)"
      R"({"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},)"
      R"("legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],)"
      R"("enumNames":["Option One","Option Two","Option Three"]},)"
      R"("untitledMulti":{"type":"array","items":{"type":"string",)"
      R"("enum":["option1","option2","option3"]}},)"
      R"("titledMulti":{"type":"array","items":{"anyOf":[)"
      R"({"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},)"
      R"({"const":"value3","title":"Third Choice"}]}}}})");
}

constexpr std::string_view prompt_schema =
    R"({"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]})";
constexpr std::string_view message_schema =
    R"({"type":"object","properties":{"message":{"type":"string"}},"required":["message"]})";

constexpr fixture_tool asking_rows[] = {
    {"test_sampling", "Asks the client's model", ask_sampling, prompt_schema},
    {"test_elicitation", "Asks the user", ask_elicitation, message_schema},
    {"test_elicitation_sep1034_defaults", "Asks the user, with defaults", ask_defaults},
    {"test_elicitation_sep1330_enums", "Asks the user to choose", ask_enums},
};

}  // namespace

std::span<const fixture_tool> asking_tools() { return asking_rows; }

}  // namespace chat::fixture
