#include "bench/load/client_frame.hpp"

namespace bench {

namespace {

constexpr unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

void append_client_frame(std::string& out, unsigned char opcode, std::string_view payload) {
  out += static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out.append(reinterpret_cast<const char*>(mask), sizeof(mask));
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
}

server_frame parse_server_frame(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  std::size_t header = 2;
  std::uint64_t size = static_cast<unsigned char>(bytes[1]) & 0x7f;
  if (size >= 126) {
    const std::size_t width = size == 126 ? 2 : 8;
    if (bytes.size() < header + width) return {};
    size = read_number(bytes.substr(header, width));
    header += width;
  }
  if (bytes.size() - header < size) return {};
  const auto opcode = static_cast<unsigned char>(bytes[0] & 0x0f);
  return {opcode, bytes.substr(header, size), header + size};
}

}  // namespace bench
