#pragma once
// The fields that values of the store are made of, written and taken. Here and not in a .cpp, as
// every page of a room goes through them. Private to this folder.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chat::codec {

/// Big-endian.
template <class Number>
void append_number(std::string& out, Number value) {
  for (int shift = 8 * static_cast<int>(sizeof(Number)) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
inline void append_varint(std::string& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

/// Its size as a varint, then its bytes: fewer than 4 GiB.
inline void append_text(std::string& out, std::string_view text) {
  append_varint(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Takes fields off the front of a value. Each call says whether the field was there.
class field_reader {
 public:
  explicit field_reader(std::string_view value) : rest_(value) {}

  bool take_format(char format);
  template <class Number>
  bool take_number(Number& out);
  bool take_varint(std::uint64_t& out);
  bool take_text(std::string_view& out);
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Five bytes hold any number below 2^32.
inline constexpr int varint_bytes_max = 5;

inline bool field_reader::take_format(char format) {
  if (rest_.empty() || rest_[0] != format) return false;
  rest_.remove_prefix(1);
  return true;
}

template <class Number>
bool field_reader::take_number(Number& out) {
  if (rest_.size() < sizeof(Number)) return false;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    value = value << 8 | static_cast<unsigned char>(rest_[i]);
  out = static_cast<Number>(value);
  rest_.remove_prefix(sizeof(Number));
  return true;
}

inline bool field_reader::take_varint(std::uint64_t& out) {
  out = 0;
  for (int i = 0; i < varint_bytes_max; ++i) {
    if (rest_.empty()) return false;
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    out |= std::uint64_t{byte & 0x7fU} << 7 * i;
    // Written in the fewest bytes, and below 2^32: `append_varint` makes no others.
    if (byte < 0x80) return (byte > 0 || i == 0) && out <= UINT32_MAX;
  }
  return false;
}

inline bool field_reader::take_text(std::string_view& out) {
  std::uint64_t size = 0;
  if (!take_varint(size) || size > rest_.size()) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

}  // namespace chat::codec
