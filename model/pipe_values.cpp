#include "model/pipe_values.hpp"

#include <algorithm>
#include <charconv>

#include "model/blank.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr std::string_view steps_word = "$steps";

// What may stand between dots: no dot, no bracket, no blank.
bool is_key(std::string_view text) {
  return !text.empty() && text.find_first_of(".[]") == text.npos && !has_blank(text);
}

std::optional<std::size_t> number_in(std::string_view digits) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_all = end == digits.data() + digits.size();
  // What overflows is a number that no list reaches.
  if (error == std::errc::result_out_of_range && is_all) return SIZE_MAX;
  if (error != std::errc{} || !is_all) return std::nullopt;
  return number;
}

// `key` or `key[2]`.
struct segment {
  std::string_view key;
  std::optional<std::size_t> index;
};

std::optional<segment> parse_segment(std::string_view text) {
  const auto bracket = text.find('[');
  const segment plain{text.substr(0, bracket), std::nullopt};
  if (!is_key(plain.key)) return std::nullopt;
  if (bracket == std::string_view::npos) return plain;
  if (!text.ends_with(']')) return std::nullopt;
  const auto index = number_in(text.substr(bracket + 1, text.size() - bracket - 2));
  if (!index) return std::nullopt;
  return segment{plain.key, index};
}

// The first segment of a path `.a.b[2]`, taken off it.
std::optional<segment> take_segment(std::string_view& path) {
  if (!path.starts_with('.')) return std::nullopt;
  path.remove_prefix(1);
  const auto end = std::min(path.find('.'), path.size());
  const auto first = parse_segment(path.substr(0, end));
  path.remove_prefix(end);
  return first;
}

bool is_path(std::string_view path) {
  while (!path.empty())
    if (!take_segment(path)) return false;
  return true;
}

const pipe_value* item(const pipe_value* list, std::size_t index) {
  return list && list->is_array() && index < list->size() ? &(*list)[index] : nullptr;
}

const pipe_value* member_of(const pipe_value* value, std::string_view key) {
  if (!value || key.starts_with("__")) return nullptr;
  if (value->is_array()) {
    const auto index = number_in(key);
    return index ? item(value, *index) : nullptr;
  }
  if (!value->is_object()) return nullptr;
  const auto found = value->find(std::string(key));
  return found == value->end() ? nullptr : &*found;
}

// Where the path of a reference begins: behind `$prev`, `$steps[3]`, `$steps.alias` and the like.
// Nothing when `text` is no reference.
std::optional<std::size_t> path_begin(std::string_view text) {
  const auto is_end = [&](std::size_t at) { return at == text.size() || text[at] == '.'; };
  for (const std::string_view word : {"$prev", "$first", "$input"})
    if (text.starts_with(word))
      return is_end(word.size()) ? std::optional(word.size()) : std::nullopt;
  if (!text.starts_with(steps_word) || text.size() == steps_word.size()) return std::nullopt;
  const auto rest = text.substr(steps_word.size());
  if (rest[0] == '[') {
    const auto close = rest.find(']');
    if (close == std::string_view::npos || !number_in(rest.substr(1, close - 1)) ||
        !is_end(steps_word.size() + close + 1))
      return std::nullopt;
    return steps_word.size() + close + 1;
  }
  if (rest[0] != '.') return std::nullopt;
  const auto dot = std::min(rest.find('.', 1), rest.size());
  if (!is_key(rest.substr(1, dot - 1))) return std::nullopt;
  return steps_word.size() + dot;
}

// A text that may have been meant as one: `$previous.id`.
bool is_nearly_reference(std::string_view text) {
  if (!text.starts_with('$') || has_blank(text)) return false;
  const auto end =
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 1);
  return end != std::string_view::npos && end > 1 && end + 1 < text.size() &&
         (text[end] == '.' || text[end] == '[');
}

}  // namespace

bool is_pipe_reference(std::string_view text) {
  if (!text.starts_with('$') || text.starts_with("$$")) return false;
  if (utf16_length(text).value_or(0) > limits::pipe_reference_units_max) return false;
  const auto path = path_begin(text);
  return path && is_path(text.substr(*path));
}

void pipe_values::add_step(std::string alias, std::optional<std::string> data) {
  if (data) previous_ = steps_.size();
  steps_.push_back({std::move(alias), std::nullopt});
  if (data) steps_.back().data = source{std::move(*data), std::nullopt};
}

const pipe_value* pipe_values::parsed(source& from) {
  if (from.json.empty()) return nullptr;
  if (!from.parsed) from.parsed = pipe_value::parse(from.json, nullptr, false);
  return from.parsed->is_discarded() ? nullptr : &*from.parsed;
}

// The source that a reference names, taken off its front.
pipe_values::source* pipe_values::find_source(std::string_view& text) {
  const auto name = text.substr(0, *path_begin(text));
  text.remove_prefix(name.size());
  const auto of_step = [this](std::size_t index) -> source* {
    return index < steps_.size() && steps_[index].data ? &*steps_[index].data : nullptr;
  };
  if (name == "$input") return &input_;
  if (name == "$prev") return previous_ ? of_step(*previous_) : nullptr;
  if (name == "$first") return of_step(0);
  const auto which = name.substr(steps_word.size() + 1);
  if (which.starts_with("__")) return nullptr;
  if (name.ends_with(']')) return of_step(*number_in(which.substr(0, which.size() - 1)));
  // Of several with one alias, the first that ran well: branches may share it.
  for (auto& step : steps_)
    if (step.data && step.alias == which) return &*step.data;
  return nullptr;
}

const pipe_value* pipe_values::find(std::string_view text) {
  if (!is_pipe_reference(text)) return nullptr;
  auto* from = find_source(text);
  const auto* value = from ? parsed(*from) : nullptr;
  while (value && !text.empty()) {
    const auto step = take_segment(text);
    value = member_of(value, step->key);
    if (step->index) value = item(value, *step->index);
  }
  return value;
}

void pipe_values::note(std::string_view what, std::string_view why) {
  if (notes_.size() == limits::validation_errors_max) return;
  notes_.push_back(path_ + ": " + std::string(utf16_prefix(what, limits::echoed_units_max)) +
                   std::string(why));
}

bool pipe_values::append_text(std::string& out, std::string_view text, std::size_t bytes_max) {
  if (is_pipe_reference(text)) {
    const auto* value = find(text);
    if (!value) note(text, " was not there");
    out += value ? value->dump() : "null";
  } else {
    if (is_nearly_reference(text))
      note(text,
           " is no reference and was taken as it stands: those begin with $prev, $first, "
           "$input or $steps");
    append_json_string(out, text.starts_with("$$") ? text.substr(1) : text);
  }
  return out.size() <= bytes_max;
}

bool pipe_values::append(std::string& out, const pipe_value& in, std::size_t bytes_max) {
  if (out.size() > bytes_max) return false;
  if (in.is_string()) return append_text(out, in.get_ref<const std::string&>(), bytes_max);
  if (!in.is_structured()) {
    out += in.dump();
    return out.size() <= bytes_max;
  }
  const char* brackets = in.is_array() ? "[]" : "{}";
  out += brackets[0];
  const auto path_size = path_.size();
  for (const auto& [key, value] : in.items()) {
    path_.resize(path_size);
    path_.append(path_.empty() ? "" : ".").append(utf16_prefix(key, limits::echoed_units_max));
    if (in.is_object() && value.is_string()) {
      const std::string_view text = value.get_ref<const std::string&>();
      if (is_pipe_reference(text) && !find(text)) {
        note(text, " was not there");
        continue;
      }
    }
    if (out.back() != brackets[0]) out += ',';
    if (in.is_object()) {
      append_json_string(out, key);
      out += ':';
    }
    if (!append(out, value, bytes_max)) return false;
  }
  path_.resize(path_size);
  out += brackets[1];
  return out.size() <= bytes_max;
}

std::optional<std::string> pipe_values::resolve(const pipe_value& in, std::size_t bytes_max) {
  std::string out;
  path_.clear();
  notes_.clear();
  if (!append(out, in, bytes_max)) return std::nullopt;
  return out;
}

void pipe_values::forget() {
  input_.parsed.reset();
  for (auto& step : steps_)
    if (step.data) step.data->parsed.reset();
}

}  // namespace chat
