#include "model/json_reader.hpp"

#include <cstring>
#include <memory>

#include "model/json_repair.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

// One parser and one padded copy a thread. simdjson reads up to 64 bytes past the end, so the
// text is copied to where that is allowed; a chat frame is a hundred bytes.
struct workspace {
  simdjson::dom::parser parser;
  std::unique_ptr<char[]> text;
  std::size_t capacity = 0;
  bool has_broken_texts = false;  // the document parsed last

  simdjson::error_code reserve(std::size_t size) {
    if (text && size <= capacity) return simdjson::SUCCESS;
    const std::size_t wanted = std::max<std::size_t>(size, 4096);
    const auto error = parser.allocate(wanted, limits::json_depth_max);
    if (error) return error;
    text = std::make_unique<char[]>(wanted + simdjson::SIMDJSON_PADDING);
    capacity = wanted;
    return simdjson::SUCCESS;
  }

  simdjson::error_code parse(std::string_view json, simdjson::dom::element& root) {
    if (const auto error = reserve(json.size())) return error;
    json.copy(text.get(), json.size());  // also no text at all
    std::memset(text.get() + json.size(), 0, simdjson::SIMDJSON_PADDING);
    return parser.parse(text.get(), json.size(), false).get(root);
  }
};

workspace& space() {
  thread_local workspace of_thread;
  return of_thread;
}

constexpr std::string_view replacement_character = "\uFFFD";

// A part of a path to show: what is broken in it is replaced.
std::string path_part(std::string_view name) {
  return is_utf8(name) ? std::string(name) : std::string(replacement_character);
}

// In valid UTF-8 no byte 0xED has one from 0xA0 on behind it: those would be surrogates.
bool is_surrogate(std::string_view text, std::size_t at) {
  return text[at] == '\xED' && at + 2 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) >= 0xA0;
}

void append_surrogate(std::string& out, std::string_view bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto low = [&](std::size_t i) { return static_cast<unsigned>(bytes[i]) & 0x3FU; };
  const auto unit = 0xD000U | low(1) << 6 | low(2);
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex[unit >> shift & 0xF];
}

// Surrogates become escapes again.
std::string with_escapes(std::string_view json) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (!is_surrogate(json, at)) continue;
    out += json.substr(done, at - done);
    append_surrogate(out, json.substr(at, 3));
    done = at + 3;
    at += 2;
  }
  out += json.substr(done);
  return out;
}

}  // namespace

result<simdjson::dom::element> parse_json(std::string_view text) {
  auto& parser = space();
  parser.has_broken_texts = false;
  const auto json = without_bom(text);
  simdjson::dom::element root;
  auto error = parser.parse(json, root);
  if (error == simdjson::STRING_ERROR || error == simdjson::NUMBER_ERROR) {
    if (const auto repaired = repair_json(json)) {
      error = parser.parse(repaired->text, root);
      if (!error) put_surrogates_back(root, *repaired);
      parser.has_broken_texts = !repaired->surrogates.empty();
    }
  }
  if (error)
    return tl::unexpected(make_failure(errc::invalid_message, simdjson::error_message(error)));
  return root;
}

std::string_view without_bom(std::string_view text) {
  constexpr std::string_view bom = "\xEF\xBB\xBF";
  return text.starts_with(bom) ? text.substr(bom.size()) : text;
}

std::optional<simdjson::dom::element> member(simdjson::dom::element object, std::string_view name) {
  simdjson::dom::object members;
  if (object.get(members)) return std::nullopt;
  return member(members, name);
}

std::optional<simdjson::dom::element> member(simdjson::dom::object object, std::string_view name) {
  std::optional<simdjson::dom::element> last;
  for (auto at = object.begin(); at != object.end(); ++at)
    if (at.key_equals(name)) last = at.value();
  return last;
}

std::optional<std::string_view> text_member(simdjson::dom::element object, std::string_view name) {
  const auto value = member(object, name);
  std::string_view text;
  if (!value || value->get(text) || is_broken_text(*value)) return std::nullopt;
  return text;
}

std::optional<double> number_member(simdjson::dom::element object, std::string_view name) {
  const auto value = member(object, name);
  double number = 0;
  if (!value || value->get(number)) return std::nullopt;
  return number;
}

bool is_broken_text(simdjson::dom::element value) {
  std::string_view text;
  return space().has_broken_texts && !value.get(text) && !is_utf8(text);
}

std::optional<std::string> find_broken_text(simdjson::dom::element value) {
  if (!space().has_broken_texts) return std::nullopt;
  if (is_broken_text(value)) return std::string();
  const auto under = [](std::string name, const std::string& rest) {
    return rest.empty() ? name : name + '.' + rest;
  };
  simdjson::dom::object object;
  simdjson::dom::array list;
  if (!value.get(object)) {
    for (const auto field : object) {
      if (!is_utf8(field.key)) return path_part(field.key);
      if (const auto rest = find_broken_text(field.value))
        return under(std::string(field.key), *rest);
    }
  } else if (!value.get(list)) {
    std::size_t index = 0;
    for (const auto item : list) {
      if (const auto rest = find_broken_text(item)) return under(std::to_string(index), *rest);
      ++index;
    }
  }
  return std::nullopt;
}

std::string to_json(simdjson::dom::element value) {
  std::string json = simdjson::minify(value);
  return space().has_broken_texts ? with_escapes(json) : json;
}

}  // namespace chat
