#include "model/json_reader.hpp"

#include <cstring>
#include <memory>

#include "model/limits.hpp"

namespace chat {

namespace {

// One parser and one padded copy a thread. simdjson reads up to 64 bytes past the end, so the
// text is copied to where that is allowed; a chat frame is a hundred bytes.
struct workspace {
  simdjson::dom::parser parser;
  std::unique_ptr<char[]> text;
  std::size_t capacity = 0;

  simdjson::error_code reserve(std::size_t size) {
    if (text && size <= capacity) return simdjson::SUCCESS;
    const std::size_t wanted = std::max<std::size_t>(size, 4096);
    const auto error = parser.allocate(wanted, limits::json_depth_max);
    if (error) return error;
    text = std::make_unique<char[]>(wanted + simdjson::SIMDJSON_PADDING);
    capacity = wanted;
    return simdjson::SUCCESS;
  }
};

}  // namespace

result<simdjson::dom::element> parse_json(std::string_view text) {
  thread_local workspace space;
  auto error = space.reserve(text.size());
  simdjson::dom::element root;
  if (!error) {
    text.copy(space.text.get(), text.size());  // also no text at all
    std::memset(space.text.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    error = space.parser.parse(space.text.get(), text.size(), false).get(root);
  }
  if (error)
    return tl::unexpected(make_failure(errc::invalid_message, simdjson::error_message(error)));
  return root;
}

std::optional<simdjson::dom::element> member(simdjson::dom::element object, std::string_view name) {
  simdjson::dom::element value;
  if (object.at_key(name).get(value)) return std::nullopt;
  return value;
}

std::optional<std::string_view> text_member(simdjson::dom::element object, std::string_view name) {
  std::string_view value;
  if (object.at_key(name).get(value)) return std::nullopt;
  return value;
}

std::optional<double> number_member(simdjson::dom::element object, std::string_view name) {
  double value = 0;
  if (object.at_key(name).get(value)) return std::nullopt;
  return value;
}

}  // namespace chat
