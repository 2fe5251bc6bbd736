#include "tests/mcp_fixture/fixture_service.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/mcp/at_end.hpp"
#include "tests/mcp_fixture/fixture_tool.hpp"

namespace chat::fixture {

namespace {

using mcp::item;

// --- Who listens for changes of lists
// -------------------------------------------------------------

struct listeners {
  std::mutex mutex;
  std::map<int, std::pair<mcp::change, std::function<void()>>> all;
  int last = 0;
};

listeners& who_listens() {
  static listeners all;
  return all;
}

// --- Lists
// ----------------------------------------------------------------------------------------

std::vector<item> list_tools() {
  std::vector<item> tools;
  for (const auto rows : {content_tools(), asking_tools(), input_tools()})
    for (const auto& row : rows) {
      item tool{.name = std::string(row.name), .json = {}};
      json_writer(tool.json)
          .begin_object()
          .field("name", row.name)
          .field("description", row.description)
          .key("inputSchema")
          .raw(row.input_schema)
          .end_object();
      if (row.name == "test_header_argument") tool.headers = {{"Region", {"region"}}};
      tools.push_back(std::move(tool));
    }
  return tools;
}

struct prompt {
  std::string_view name;
  std::string_view json;
};
constexpr prompt prompts_offered[] = {
    {"test_simple_prompt", R"({"name":"test_simple_prompt","description":"A simple prompt"})"},
    {"test_prompt_with_arguments",
     R"({"name":"test_prompt_with_arguments","description":"With arguments","arguments":[)"
     R"({"name":"arg1","required":true},{"name":"arg2","required":true}]})"},
    {"test_prompt_with_embedded_resource",
     R"({"name":"test_prompt_with_embedded_resource","description":"With a resource",)"
     R"("arguments":[{"name":"resourceUri","required":true}]})"},
    {"test_prompt_with_image",
     R"({"name":"test_prompt_with_image","description":"With an image"})"},
    {"test_input_required_result_prompt",
     R"({"name":"test_input_required_result_prompt","description":"Needs input"})"},
};

constexpr std::string_view resources_offered =
    R"({"resources":[{"uri":"test://static-text","name":"static-text",)"
    R"("description":"A text","mimeType":"text/plain"},)"
    R"({"uri":"test://static-binary","name":"static-binary","description":"An image",)"
    R"("mimeType":"image/png"},{"uri":"test://watched-resource","name":"watched-resource",)"
    R"("description":"One to watch","mimeType":"text/plain"}]})";

std::string one_content(std::string_view uri, std::string_view mime, std::string_view key,
                        std::string_view value) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("contents").begin_array().begin_object();
  json.field("uri", uri).field("mimeType", mime).field(key, value);
  json.end_object().end_array().end_object();
  return out;
}

std::string messages(std::initializer_list<std::string> contents) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("messages").begin_array();
  for (const auto& content : contents)
    json.begin_object().field("role", "user").key("content").raw(content).end_object();
  json.end_array().end_object();
  return out;
}

std::string text_content(std::string_view text) {
  std::string out;
  json_writer(out).begin_object().field("type", "text").field("text", text).end_object();
  return out;
}

// --- The service
// ----------------------------------------------------------------------------------

class fixture_service final : public mcp::service {
 public:
  fixture_service() : tools_(list_tools()) {
    for (const auto& p : prompts_offered)
      prompts_.push_back({std::string(p.name), std::string(p.json)});
  }

  const identity& who() const override { return who_; }
  features offers() const override {
    return {.tools_change = true, .prompts_change = true, .logging = true};
  }
  std::span<const item> tools() const override { return tools_; }
  std::span<const item> prompts() const override { return prompts_; }
  std::span<const item> templates() const override { return templates_; }

  void call_tool(exchange_ptr x, std::string_view name, std::optional<element>,
                 element params) const override {
    for (const auto rows : {content_tools(), asking_tools(), input_tools()})
      for (const auto& row : rows)
        if (row.name == name) return row.run(x, params);
    x->fail_params("There is no such tool", "tools/list names all that there are");
  }
  void list_resources(exchange_ptr x, std::string_view) const override {
    x->result(resources_offered, {});
  }
  void read_resource(exchange_ptr x, std::string_view uri, element) const override {
    constexpr std::string_view begin = "test://template/";
    constexpr std::string_view end = "/data";
    if (uri == "test://static-text")
      return x->result(one_content(uri, "text/plain", "text",
                                   "This is the content of the static text resource."),
                       {});
    if (uri == "test://static-binary")
      return x->result(one_content(uri, "image/png", "blob", red_dot), {});
    if (uri == "test://watched-resource")
      return x->result(one_content(uri, "text/plain", "text", "Nothing new"), {});
    if (!uri.starts_with(begin) || !uri.ends_with(end) || uri.size() <= begin.size() + end.size())
      return x->fail(no_resource(*x, uri));
    const std::string id(uri.substr(begin.size(), uri.size() - begin.size() - end.size()));
    std::string text;
    json_writer(text)
        .begin_object()
        .field("id", id)
        .field("templateTest", true)
        .field("data", "Data for ID: " + id)
        .end_object();
    x->result(one_content(uri, "application/json", "text", text), {});
  }
  void get_prompt(exchange_ptr x, std::string_view name, std::optional<element> arguments,
                  element params) const override {
    const auto argument = [&](std::string_view key) {
      return std::string(arguments ? text_member(*arguments, key).value_or("") : "");
    };
    if (name == "test_simple_prompt")
      return x->result(messages({text_content("This is a simple prompt for testing.")}));
    if (name == "test_prompt_with_arguments")
      return x->result(messages({text_content("Prompt with arguments: arg1='" + argument("arg1") +
                                              "', arg2='" + argument("arg2") + "'")}));
    if (name == "test_prompt_with_embedded_resource") {
      std::string resource;
      json_writer json(resource);
      json.begin_object().field("type", "resource").key("resource").begin_object();
      json.field("uri", argument("resourceUri")).field("mimeType", "text/plain");
      json.field("text", "Embedded resource content for testing.").end_object().end_object();
      return x->result(
          messages({resource, text_content("Please process the embedded resource above.")}));
    }
    if (name == "test_prompt_with_image")
      return x->result(messages(
          {R"({"type":"image","mimeType":"image/png","data":")" + std::string(red_dot) + "\"}",
           text_content("Please analyze the image above.")}));
    if (name != "test_input_required_result_prompt")
      return x->fail_params("There is no such prompt", "prompts/list names all that there are");
    if (!input_of(params, "user_context"))
      return x->need_input(R"({"inputRequests":{"user_context":)" +
                           elicitation("What context should the prompt use?", "context", "string") +
                           "}}");
    x->result(messages({text_content("A prompt with your context")}));
  }
  void complete(exchange_ptr x, element) const override {
    x->result(R"({"completion":{"values":["paris","park","party"],"hasMore":false}})");
  }
  void watch(exchange_ptr x, const std::string& uri, std::function<void()>,
             watch_reply then) const override {
    if (resources_offered.find(uri) == std::string_view::npos)
      return then(tl::unexpected(no_resource(*x, uri)));
    then(mcp::at_end([] {}));  // it never changes
  }
  std::shared_ptr<void> watch(mcp::change what, std::function<void()> changed) const override {
    auto& all = who_listens();
    const std::lock_guard lock(all.mutex);
    const auto number = ++all.last;
    all.all.emplace(number, std::pair(what, std::move(changed)));
    return mcp::at_end([&all, number] {
      const std::lock_guard again(all.mutex);
      all.all.erase(number);
    });
  }

 private:
  const identity who_{"mcp_fixture", CHATD_VERSION, "For conformance suites."};
  const std::vector<item> tools_;
  std::vector<item> prompts_;
  const std::vector<item> templates_{
      {"template", R"({"uriTemplate":"test://template/{id}/data","name":"template",)"
                   R"("description":"Data of an id","mimeType":"application/json"})"}};
};

}  // namespace

void tell_change(mcp::change what) {
  std::vector<std::function<void()>> told;
  {
    const std::lock_guard lock(who_listens().mutex);
    for (const auto& [number, listener] : who_listens().all)
      if (listener.first == what) told.push_back(listener.second);
  }
  for (const auto& changed : told) changed();
}

std::shared_ptr<const mcp::service> make_fixture() { return std::make_shared<fixture_service>(); }

}  // namespace chat::fixture
