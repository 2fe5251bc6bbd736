#include "model/schema.hpp"

#include "model/ids.hpp"
#include "model/input_check.hpp"
#include "model/shown_name.hpp"

namespace chat {

namespace {

constexpr std::string_view room_id_pattern = "^[A-Za-z0-9._-]{1,64}$";

// Fields as schemas, which live in `all`.
class compiler {
 public:
  compiler(input_schemas& all, bool null_is_absent) : all_(all), null_is_absent_(null_is_absent) {}

  const input_schema* object(std::span<const field> fields) {
    auto& s = all_.emplace_back();
    s.types = json_types::object;
    s.null_is_absent = null_is_absent_;
    s.fields = fields;
    for (const auto& f : fields) {
      input_property p{std::string(f.name), schema_of(f), f.required};
      if (f.fallback) p.fallback.v = *f.fallback;
      s.properties.push_back(std::move(p));
    }
    return &s;
  }

 private:
  const input_schema* schema_of(const field& f) {
    if (f.type == field_type::object) return object(f.members.span());
    if (f.type == field_type::text_or_texts) return text_or_texts(f);
    auto& s = all_.emplace_back();
    if (f.nullable) s.types = json_types::null;
    switch (f.type) {
      case field_type::string:
        make_text(s, f, f.min, f.max);
        break;
      case field_type::integer:
      case field_type::number:
        s.types |= f.type == field_type::integer ? json_types::integer : json_types::number;
        s.least = number_bound{static_cast<double>(f.min)};
        s.most = number_bound{static_cast<double>(f.max)};
        break;
      case field_type::boolean:
        s.types |= json_types::boolean;
        break;
      case field_type::texts:
      case field_type::objects:
        make_list(s, f);
        break;
      case field_type::json_object:
        s.types |= json_types::object;
        s.unknown = unknown_names::kept;
        break;
      case field_type::json:
      case field_type::object:
      case field_type::text_or_texts:
        s.types = 0;
        break;
    }
    return &s;
  }

  void make_text(input_schema& s, const field& f, std::int64_t min, std::int64_t max) {
    s.types |= json_types::string;
    s.length_min = min;
    s.length_max = max;
    s.in_utf16 = f.in_utf16;
    for (const auto word : f.choices)
      s.choices.push_back({'"' + std::string(word) + '"', std::string(word)});
    if (f.nullable && !f.choices.empty()) s.choices.push_back({"null"});
    if (f.shown_name) {
      s.form = shown_name;
      s.form_rule = shown_name_rule;
    }
    if (!f.room_id) return;
    s.pattern = room_id_pattern;
    s.fits = is_room_id;
  }

  void make_list(input_schema& s, const field& f) {
    s.types |= json_types::array;
    s.items_min = f.min;
    s.items_max = f.max;
    if (f.type == field_type::objects) {
      s.items = object(f.members.span());
      return;
    }
    auto& item = all_.emplace_back();
    make_text(item, f, 1, f.item_units_max);
    s.items = &item;
  }

  const input_schema* text_or_texts(const field& f) {
    auto& one = all_.emplace_back();
    make_text(one, f, 1, f.item_units_max);
    auto& list = all_.emplace_back();
    make_list(list, f);
    auto& s = all_.emplace_back();
    s.any_of = {&one, &list};
    s.any_of_hint = "expected a string, or an array of strings";
    return &s;
  }

  input_schemas& all_;
  const bool null_is_absent_;
};

}  // namespace

field_schema::field_schema(std::span<const field> fields, bool null_is_absent)
    : root_(compiler(schemas_, null_is_absent).object(fields)) {}

const input_value* command_input::find(std::string_view name) const {
  const auto& properties = schema_->properties;
  for (std::size_t i = 0; i < properties.size(); ++i)
    if (properties[i].name == name)
      return std::holds_alternative<std::monostate>(values_[i].v) ? nullptr : &values_[i];
  return nullptr;
}

bool command_input::has(std::string_view name) const {
  const auto* value = find(name);
  return value && !std::holds_alternative<std::nullptr_t>(value->v);
}

bool command_input::is_null(std::string_view name) const {
  const auto* value = find(name);
  return value && std::holds_alternative<std::nullptr_t>(value->v);
}

std::string_view command_input::text(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return {};
  if (const auto* raw = std::get_if<raw_json>(&value->v)) return raw->text;
  const auto* text = std::get_if<std::string>(&value->v);
  return text ? std::string_view(*text) : std::string_view();
}

std::int64_t command_input::integer(std::string_view name) const {
  const auto* value = find(name);
  const auto* whole = value ? std::get_if<std::int64_t>(&value->v) : nullptr;
  return whole ? *whole : 0;
}

double command_input::number(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return 0;
  if (const auto* whole = std::get_if<std::int64_t>(&value->v)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&value->v);
  return real ? *real : 0;
}

bool command_input::boolean(std::string_view name) const {
  const auto* value = find(name);
  const auto* flag = value ? std::get_if<bool>(&value->v) : nullptr;
  return flag && *flag;
}

std::vector<std::string> command_input::texts(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return {};
  if (const auto* one = std::get_if<std::string>(&value->v)) return {*one};
  std::vector<std::string> out;
  if (const auto* list = std::get_if<input_value::list>(&value->v))
    for (const auto& item : *list) out.push_back(std::get<std::string>(item.v));
  return out;
}

std::span<const command_input> command_input::objects(std::string_view name) const {
  const auto* value = find(name);
  const auto* objects = value ? std::get_if<input_value::objects>(&value->v) : nullptr;
  return objects ? std::span<const command_input>(**objects) : std::span<const command_input>();
}

result<checked_input> check_input(const input_schema& schema,
                                  std::optional<simdjson::dom::element> given) {
  simdjson::dom::object object;
  const bool is_object = given && !given->get(object);
  input_check check;
  if (given && !is_object) {
    check.problems.push_back(
        {"(root)", "Invalid input: expected object, received " + std::string(type_name(*given)),
         "invalid_type", "object"});
    return tl::unexpected(validation_failure(schema, check));
  }
  auto input = check.check_root(schema, is_object ? std::optional(object) : std::nullopt);
  if (!check.problems.empty()) return tl::unexpected(validation_failure(schema, check));
  return checked_input{std::move(input), std::move(check.unknown)};
}

}  // namespace chat
