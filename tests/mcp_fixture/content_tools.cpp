#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "tests/mcp_fixture/fixture_tool.hpp"

namespace chat::fixture {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 50ms;  // as the scenarios describe it

// A WAV without a sample.
constexpr std::string_view silence = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

std::string media(std::string_view type, std::string_view data, std::string_view mime) {
  std::string out;
  json_writer(out)
      .begin_object()
      .field("type", type)
      .field("data", data)
      .field("mimeType", mime)
      .end_object();
  return out;
}

std::string embedded(std::string_view uri, std::string_view mime, std::string_view text) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "resource").key("resource").begin_object();
  json.field("uri", uri).field("mimeType", mime).field("text", text);
  json.end_object().end_object();
  return out;
}

std::string content(std::string_view items) {
  return R"({"content":[)" + std::string(items) + "]}";
}

void simple_text(const exchange_ptr& x, element) {
  answer_text(x, "This is a simple text response for testing.");
}
void image(const exchange_ptr& x, element) {
  x->result(content(media("image", red_dot, "image/png")));
}
void audio(const exchange_ptr& x, element) {
  x->result(content(media("audio", silence, "audio/wav")));
}
void embedded_resource(const exchange_ptr& x, element) {
  x->result(content(
      embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")));
}
void mixed(const exchange_ptr& x, element) {
  x->result(content(R"({"type":"text","text":"Multiple content types test:"},)" +
                    media("image", red_dot, "image/png") + ',' +
                    embedded("test://mixed-content-resource", "application/json",
                             R"({"test":"data","value":123})")));
}
void failing(const exchange_ptr& x, element) {
  x->result(text_result("This tool intentionally returns an error for testing", true));
}
void echo_schema(const exchange_ptr& x, element) { answer_text(x, "Valid"); }

// One step after the other, with a pause between them.
void in_steps(const exchange_ptr& x, int step, void (*take)(const exchange_ptr&, int)) {
  take(x, step);
  if (step == 2) return answer_text(x, "Done");
  mcp::after(x->door().home, pause, [=] { in_steps(x, step + 1, take); });
}

void logging(const exchange_ptr& x, element) {
  in_steps(x, 0, [](const exchange_ptr& to, int step) {
    constexpr std::string_view texts[] = {R"("Tool execution started")",
                                          R"("Tool processing data")",
                                          R"("Tool execution completed")"};
    to->log(mcp::log_level::info, texts[step]);
  });
}
void progress(const exchange_ptr& x, element) {
  in_steps(x, 0, [](const exchange_ptr& to, int step) { to->progress(50.0 * step, 100); });
}

void change_tools(const exchange_ptr& x, element) {
  tell_change(mcp::change::tools);
  answer_text(x, "The tools have changed");
}
void change_prompts(const exchange_ptr& x, element) {
  tell_change(mcp::change::prompts);
  answer_text(x, "The prompts have changed");
}

constexpr std::string_view schema_2020_12 =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
    R"("$defs":{"address":{"$anchor":"addressDef","type":"object","properties":)"
    R"({"street":{"type":"string"},"city":{"type":"string"}}}},)"
    R"("properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},)"
    R"("contactMethod":{"type":"string","enum":["phone","email"]},)"
    R"("phone":{"type":"string"},"email":{"type":"string"}},)"
    R"("allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],)"
    R"("if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},)"
    R"("then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false})";

constexpr std::string_view header_schema =
    R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}})";

constexpr fixture_tool tools[] = {
    {"test_simple_text", "Answers a text", simple_text},
    {"test_image_content", "Answers an image", image},
    {"test_audio_content", "Answers a sound", audio},
    {"test_embedded_resource", "Answers a resource", embedded_resource},
    {"test_multiple_content_types", "Answers several things", mixed},
    {"test_error_handling", "Always fails", failing},
    {"test_tool_with_logging", "Logs while it runs", logging},
    {"test_logging_tool", "Logs while it runs", logging},
    {"test_tool_with_progress", "Tells how far it is", progress},
    {"test_trigger_tool_change", "Says that the tools have changed", change_tools},
    {"test_trigger_prompt_change", "Says that the prompts have changed", change_prompts},
    {"json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", echo_schema,
     schema_2020_12},
    {"test_header_argument", "Has an argument that a header repeats", echo_schema, header_schema},
};

}  // namespace

std::span<const fixture_tool> content_tools() { return tools; }

std::string text_result(std::string_view text, bool is_error) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("content").begin_array().begin_object();
  json.field("type", "text").field("text", text).end_object().end_array();
  if (is_error) json.field("isError", true);
  json.end_object();
  return out;
}

void answer_text(const exchange_ptr& x, std::string_view text) { x->result(text_result(text)); }

}  // namespace chat::fixture
