#include "actors/commands/page_cursor.hpp"

#include "model/base64url.hpp"

namespace chat {

namespace {

constexpr std::size_t number_bytes = 8;
constexpr std::size_t check_bytes = 4;

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  while (bytes-- > 0) out += static_cast<char>(value >> 8 * bytes & 0xff);
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// FNV-1a: against mistakes. Whoever forges one sees a page of what he may see anyway.
std::uint64_t check_of(std::string_view bytes, std::string_view listing) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto part : {bytes, listing})
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return (hash ^ hash >> 32) & 0xffffffff;
}

}  // namespace

std::string format_cursor(const page_cursor& cursor, std::string_view listing) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::uint64_t>(cursor.time_ms), number_bytes);
  append_big_endian(bytes, cursor.number, number_bytes);
  bytes += cursor.text;
  append_big_endian(bytes, check_of(bytes, listing), check_bytes);
  std::string out;
  append_base64url(out, bytes);
  return out;
}

std::optional<page_cursor> parse_cursor(std::string_view text, std::string_view listing) {
  const auto decoded = decode_base64url(text);
  if (!decoded || decoded->size() < 2 * number_bytes + check_bytes) return std::nullopt;
  const std::string_view all = *decoded;
  const auto bytes = all.substr(0, all.size() - check_bytes);
  if (read_big_endian(all.substr(bytes.size())) != check_of(bytes, listing)) return std::nullopt;
  return page_cursor{static_cast<std::int64_t>(read_big_endian(bytes.substr(0, number_bytes))),
                     read_big_endian(bytes.substr(number_bytes, number_bytes)),
                     std::string(bytes.substr(2 * number_bytes))};
}

failure not_a_cursor(std::span<const field> fields, std::string_view of,
                     std::string_view answered) {
  auto why =
      invalid_input(fields, {{"cursor", "is no nextCursor of " + std::string(of), "custom"}});
  why.suggestion = "Give nextCursor as it was answered " + std::string(answered) +
                   ", or leave cursor out to begin anew";
  return why;
}

}  // namespace chat
