#include "storage/codec.hpp"

#include <cstddef>
#include <cstdint>

namespace chat::codec {

namespace {

constexpr char format = 1;
constexpr std::size_t sequence_bytes = 8;
/// Seven bits a byte: five bytes hold any size below 2^32.
constexpr int varint_bytes_max = 5;

template <class Number>
void append_number(std::string& out, Number value) {
  for (int shift = 8 * static_cast<int>(sizeof(Number)) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

void append_text(std::string& out, std::string_view text) {
  auto size = static_cast<std::uint32_t>(text.size());
  for (; size >= 0x80; size >>= 7) out += static_cast<char>(size | 0x80);
  out += static_cast<char>(size);
  out += text;
}

/// Takes fields off the front of `rest`. Each call says whether the field was there.
class reader {
 public:
  explicit reader(std::string_view value) : rest_(value) {}

  bool take_format() {
    if (rest_.empty() || rest_[0] != format) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <class Number>
  bool take_number(Number& out) {
    if (rest_.size() < sizeof(Number)) return false;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value = value << 8 | static_cast<unsigned char>(rest_[i]);
    out = static_cast<Number>(value);
    rest_.remove_prefix(sizeof(Number));
    return true;
  }

  bool take_text(std::string& out) {
    std::uint64_t size = 0;
    for (int i = 0;; ++i) {
      if (rest_.empty() || i == varint_bytes_max) return false;
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      size |= std::uint64_t{byte & 0x7fU} << 7 * i;
      if (byte < 0x80) break;
    }
    if (size > rest_.size()) return false;
    out.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

void encode_message_key(std::string& out, std::string_view room_id, sequence seq) {
  out = 'm';
  out += room_id;
  out += '\0';
  append_number(out, seq);
}

void encode_room_key(std::string& out, std::string_view room_id) {
  out = 'r';
  out += room_id;
}

std::string messages_end(std::string_view room_id) {
  std::string key{'m'};
  key += room_id;
  key += '\1';
  return key;
}

sequence sequence_of_key(std::string_view key, std::string_view room_id) {
  if (key.size() != 1 + room_id.size() + 1 + sequence_bytes) return 0;
  if (key[0] != 'm' || key.substr(1, room_id.size()) != room_id) return 0;
  if (key[1 + room_id.size()] != '\0') return 0;
  sequence seq = 0;
  reader(key.substr(key.size() - sequence_bytes)).take_number(seq);
  return seq;
}

bool is_message_key(std::string_view key) { return !key.empty() && key[0] == 'm'; }

void encode(std::string& out, const message& m) {
  out = format;
  append_number(out, static_cast<std::uint64_t>(m.timestamp_ms));
  append_text(out, m.sender);
  append_text(out, m.author);
  append_text(out, m.client_id);
  append_text(out, m.text);
}

void encode(std::string& out, const room_definition& room) {
  out = format;
  append_number(out, room.participants_max);
  append_number(out, static_cast<std::uint64_t>(room.created_ms));
  append_text(out, room.name);
  append_text(out, room.description);
}

bool decode(std::string_view value, message& out) {
  reader in(value);
  return in.take_format() && in.take_number(out.timestamp_ms) && in.take_text(out.sender) &&
         in.take_text(out.author) && in.take_text(out.client_id) && in.take_text(out.text) &&
         in.at_end();
}

bool decode(std::string_view value, room_definition& out) {
  reader in(value);
  return in.take_format() && in.take_number(out.participants_max) &&
         in.take_number(out.created_ms) && in.take_text(out.name) &&
         in.take_text(out.description) && in.at_end();
}

}  // namespace chat::codec
