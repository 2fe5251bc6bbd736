#include "model/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

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

// Whether any of the eight bytes needs an escape: below 0x20, a quote or a backslash.
bool has_escape(const char* eight) {
  constexpr auto all = [](std::uint64_t byte) { return byte * 0x0101010101010101U; };
  constexpr auto top_bits = all(0x80);
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof(word));
  const auto zero_in = [&](std::uint64_t w) { return (w - all(0x01)) & ~w; };
  const auto below_space = (word - all(0x20)) & ~word;
  return ((below_space | zero_in(word ^ all('"')) | zero_in(word ^ all('\\'))) & top_bits) != 0;
}

// Where the first byte that needs an escape stands, from `at` on; the end when none does.
std::size_t find_escape(std::string_view text, std::size_t at) {
  while (at + 8 <= text.size() && !has_escape(text.data() + at)) at += 8;
  while (at < text.size() && escapes[static_cast<unsigned char>(text[at])] == 0) ++at;
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  while (true) {
    const auto at = find_escape(text, done);
    out.append(text, done, at - done);
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    const char escape = escapes[byte];
    done = at + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
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
