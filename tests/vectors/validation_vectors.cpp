// Inputs of commands: each test through the check that every call goes through.

#include "model/command_result.hpp"
#include "model/json_reader.hpp"
#include "model/schema.hpp"
#include "tests/vectors/public_schema.hpp"

namespace chat::vectors {

namespace {

json shown(const command_input& in);

json shown(const input_value& value, const input_schema& schema) {
  struct writer {
    const input_schema& schema;
    json operator()(std::monostate) const { return nullptr; }
    json operator()(std::nullptr_t) const { return nullptr; }
    json operator()(bool flag) const { return flag; }
    json operator()(std::int64_t number) const { return number; }
    json operator()(double number) const { return number; }
    json operator()(const std::string& text) const { return text; }
    json operator()(const raw_json& raw) const { return json::parse(raw.text); }
    json operator()(const input_value::list& list) const {
      auto out = json::array();
      for (const auto& item : list) out.push_back(shown(item, *schema.items));
      return out;
    }
    json operator()(const input_value::objects& objects) const {
      if (schema.types != json_types::array) return shown(objects->front());
      auto out = json::array();
      for (const auto& object : *objects) out.push_back(shown(object));
      return out;
    }
  };
  return std::visit(writer{schema}, value.v);
}

json shown(const command_input& in) {
  auto out = json::object();
  const auto& properties = in.schema().properties;
  for (std::size_t i = 0; i < properties.size(); ++i)
    if (!std::holds_alternative<std::monostate>(in.at(i).v))
      out[properties[i].name] = shown(in.at(i), *properties[i].schema);
  static const input_schema any;
  for (const auto& [name, value] : in.more())
    out[name] = shown(value, in.schema().additional ? *in.schema().additional : any);
  return out;
}

// What the contract compares of a failure.
json shown(const failure& why) {
  return {{"code", to_string(why.code)},
          {"message", why.message},
          {"suggestion", why.suggestion},
          {"details", json::parse(why.details)}};
}

void run_test(const std::string& name, const public_schema& schema, const json& test, tally& t) {
  const auto text = test.at("input").dump();
  const auto checked = check_input(schema.root(), *parse_json(text));
  if (test.at("valid").get<bool>())
    return t.check(name, checked ? shown(checked->input) : shown(checked.error()), test.at("data"));
  t.check(name, checked ? json{{"taken as", shown(checked->input)}} : shown(checked.error()),
          test.at("error"));
}

}  // namespace

void run_validation(const json& file, tally& t) {
  for (const auto& one : file.at("cases")) {
    const auto name = one.at("id").get<std::string>();
    const auto& tests = one.at("tests");
    const public_schema schema(one.at("schema"));
    if (!schema.refused().empty()) {
      if (one.contains("optionalKeywords"))
        t.refuse(name, schema.refused(), tests.size());
      else
        t.fail(name, "the node does not take " + schema.refused());
      continue;
    }
    for (std::size_t i = 0; i < tests.size(); ++i)
      run_test(name + '[' + std::to_string(i) + ']', schema, tests[i], t);
  }
}

}  // namespace chat::vectors
