#pragma once
// The client's side of RFC 6455, as little of it as a load harness needs.

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// Appends one final, masked frame (RFC 6455, section 5.2). The mask is always the same: on
/// loopback it protects nobody, and runs stay alike. Payloads below 64 KiB.
void append_client_frame(std::string& out, unsigned char opcode, std::string_view payload);

/// One frame at the front of `bytes`; `size` is all it takes, 0 when its rest has not come.
struct server_frame {
  unsigned char opcode = 0;
  std::string_view payload;
  std::size_t size = 0;
};
server_frame parse_server_frame(std::string_view bytes);

}  // namespace bench
