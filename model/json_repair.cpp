#include "model/json_repair.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace chat {

namespace {

constexpr std::size_t escape_bytes = 6;  // \uXXXX

bool is_high(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool is_low(char32_t c) { return c >= 0xDC00 && c < 0xE000; }

// The code unit of an escape `\uXXXX` that stands at `at`.
std::optional<char32_t> unit_at(std::string_view text, std::size_t at) {
  if (at + escape_bytes > text.size() || text.substr(at, 2) != "\\u") return std::nullopt;
  unsigned unit = 0;
  const auto* first = text.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
  if (error != std::errc{} || end != first + 4) return std::nullopt;
  return unit;
}

std::array<char, 3> three_bytes(char32_t c) {
  return {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
          static_cast<char>(0x80 | (c & 0x3F))};
}

// A character of private use that the text has neither as it is nor as an escape; empty where it
// has all of them.
std::string free_character(std::string_view text) {
  constexpr char32_t first = 0xE000, end = 0xF900;
  std::vector<bool> used(end - first);
  const auto use = [&](char32_t c) {
    if (c >= first && c < end) used[c - first] = true;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned char>(text[at + i]) & 0x3FU;
    };
    if (static_cast<unsigned char>(text[at]) >> 4 == 0xE && at + 2 < text.size())
      use((byte(0) & 0xF) << 12 | byte(1) << 6 | byte(2));
    else if (const auto unit = unit_at(text, at))
      use(*unit);
  }
  const auto free = std::ranges::find(used, false);
  if (free == used.end()) return {};
  const auto bytes = three_bytes(first + static_cast<char32_t>(free - used.begin()));
  return {bytes.begin(), bytes.end()};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > begin;
  };
  if (text.starts_with('-')) ++i;
  if (i < text.size() && text[i] == '0')
    ++i;
  else if (!digits())
    return false;
  if (i < text.size() && text[i] == '.' && (++i, !digits())) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// Whether simdjson has a type for this number.
bool is_held(const std::string& number) {
  const auto reads_as = [&](auto value) {
    const auto* end = number.data() + number.size();
    const auto read = std::from_chars(number.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end;
  };
  if (number.find_first_not_of("-0123456789") != std::string::npos) return reads_as(double{});
  return reads_as(std::int64_t{}) || reads_as(std::uint64_t{});
}

// Walks over the text once; what it does not understand it copies.
class rewriting {
 public:
  explicit rewriting(std::string_view text) : text_(text) {}

  std::optional<repaired_json> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"')
        string();
      else if (c == '-' || is_digit(c))
        number();
      else
        ++at_;
    }
    if (copied_ == 0) return std::nullopt;
    out_.text += text_.substr(copied_);
    return std::move(out_);
  }

 private:
  // What stands from `begin` to `at_` becomes `with`.
  void replace(std::size_t begin, std::string_view with) {
    out_.text += text_.substr(copied_, begin - copied_);
    out_.text += with;
    copied_ = at_;
  }

  void string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] != '\\') {
        ++at_;
      } else if (const auto unit = unit_at(text_, at_)) {
        escape(*unit);
      } else {
        at_ += 2;
      }
    }
    ++at_;
  }

  void escape(char32_t unit) {
    const auto begin = at_;
    at_ += escape_bytes;
    if (!is_high(unit) && !is_low(unit)) return;
    if (const auto next = unit_at(text_, at_); is_high(unit) && next && is_low(*next)) {
      at_ += escape_bytes;
      return;
    }
    if (out_.stand_in.empty()) out_.stand_in = free_character(text_);
    if (out_.stand_in.empty()) return;  // all of them are used: it stays what it is, refused
    out_.surrogates.push_back(unit);
    replace(begin, out_.stand_in);
  }

  void number() {
    const auto begin = at_;
    at_ = std::min(text_.find_first_not_of("+-.0123456789Ee", begin), text_.size());
    const std::string number(text_.substr(begin, at_ - begin));
    if (!is_json_number(number) || is_held(number)) return;
    const auto value = std::clamp(std::strtod(number.c_str(), nullptr), -DBL_MAX, DBL_MAX);
    std::array<char, 40> written;
    const auto end = std::to_chars(written.data(), written.data() + written.size(), value,
                                   std::chars_format::scientific)
                         .ptr;
    replace(begin, {written.data(), static_cast<std::size_t>(end - written.data())});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;  // so much is in `out_`, as it is or replaced
  repaired_json out_;
};

class putting_back {
 public:
  explicit putting_back(const repaired_json& from) : from_(from) {}

  void value(simdjson::dom::element in) {
    simdjson::dom::object object;
    simdjson::dom::array list;
    std::string_view string;
    if (!in.get(object)) {
      for (const auto field : object) {
        text(field.key);
        value(field.value);
      }
    } else if (!in.get(list)) {
      for (const auto item : list) value(item);
    } else if (!in.get(string)) {
      text(string);
    }
  }

 private:
  // The parser's strings are its own copies, which nobody else sees yet.
  void text(std::string_view in) {
    for (auto at = in.find(from_.stand_in);
         at != std::string_view::npos && next_ < from_.surrogates.size();
         at = in.find(from_.stand_in, at + from_.stand_in.size())) {
      const auto bytes = three_bytes(from_.surrogates[next_++]);
      std::memcpy(const_cast<char*>(in.data()) + at, bytes.data(), bytes.size());
    }
  }

  const repaired_json& from_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<repaired_json> repair_json(std::string_view text) { return rewriting(text).run(); }

void put_surrogates_back(simdjson::dom::element root, const repaired_json& from) {
  if (!from.surrogates.empty()) putting_back(from).value(root);
}

}  // namespace chat
