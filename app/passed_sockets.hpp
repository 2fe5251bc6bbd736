#pragma once
// Sockets that listen already when the node starts: systemd keeps them while there is no node, so
// that nobody is refused meanwhile (sd_listen_fds(3), ops/chatd.socket).

#include <vector>

#include "net/listener.hpp"
#include "net/unique_fd.hpp"

namespace chat {

/// All that were passed to this process. To be called once.
std::vector<unique_fd> passed_sockets();

/// Takes the one for this address off the others; none if there is none.
unique_fd take_socket_of(const listen_address& address, std::vector<unique_fd>& passed);

}  // namespace chat
