#include "model/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace chat {

namespace {

// What stands for each byte: 0 for itself, 'u' for \u00XX, else the letter after the backslash.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = escapes[byte];
    if (escape == 0) continue;
    out.append(text, done, i - done);
    done = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out.append(text, done);
  out += '"';
}

json_writer& json_writer::key(std::string_view name) {
  comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::string(std::string_view text) {
  comma();
  append_json_string(out_, text);
  return *this;
}

json_writer& json_writer::number(std::int64_t value) {
  comma();
  append_number(out_, value);
  return *this;
}

json_writer& json_writer::number(double value) {
  if (!std::isfinite(value)) return null();
  comma();
  append_number(out_, value);
  return *this;
}

json_writer& json_writer::boolean(bool value) { return raw(value ? "true" : "false"); }

json_writer& json_writer::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}

}  // namespace chat
