#include "app/passed_sockets.hpp"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <utility>

namespace chat {

std::vector<unique_fd> passed_sockets() {
  std::vector<unique_fd> sockets;
  const int count = sd_listen_fds(1);
  for (int i = 0; i < count; ++i) sockets.emplace_back(SD_LISTEN_FDS_START + i);
  return sockets;
}

unique_fd take_socket_of(const listen_address& address, std::vector<unique_fd>& passed) {
  for (auto it = passed.begin(); it != passed.end(); ++it) {
    tcp::endpoint where;
    auto size = static_cast<socklen_t>(where.capacity());
    if (getsockname(it->get(), where.data(), &size) != 0 || where != address.where) continue;
    auto socket = std::move(*it);
    passed.erase(it);
    return socket;
  }
  return unique_fd();
}

}  // namespace chat
