// What the kernel alone costs: a bare epoll program that writes the same ready-made frames to the
// same number of sockets. No protocol, no JSON, no ids, no store, no limits; one write per socket
// and turn. Whatever comes in after the request's head is a whole frame and goes to everybody in
// the room as it is. Says its port on its first line.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int events_per_turn = 256;
constexpr std::string_view answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    "\x81\x13{\"type\":\"welcome\",}";

struct room;

struct client {
  int fd;
  room* in = nullptr;
  std::string unsent = {};  // what the kernel did not take
};

struct room {
  std::vector<client*> clients;
  std::string turn;  // what came this turn
};

int listen_on_loopback() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof(where)) != 0) std::perror("bind");
  if (listen(fd, SOMAXCONN) != 0) std::perror("listen");
  socklen_t size = sizeof(where);
  getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size);
  std::printf("floor is listening on 127.0.0.1:%d\n", ntohs(where.sin_port));
  std::fflush(stdout);
  return fd;
}

class relay {
 public:
  void run() {
    const int listener = listen_on_loopback();
    client door{listener};
    watch(door);
    epoll_event events[events_per_turn];
    for (;;) {
      const int count = epoll_wait(epoll_, events, events_per_turn, -1);
      for (int i = 0; i < count; ++i) {
        auto& c = *static_cast<client*>(events[i].data.ptr);
        if (&c == &door)
          accept_from(listener);
        else
          read(c);
      }
      for (auto* r : touched_) {
        for (auto* c : r->clients) write(*c, r->turn);
        r->turn.clear();
      }
      touched_.clear();
    }
  }

 private:
  void watch(client& c) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = &c;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e);
  }

  void accept_from(int listener) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(*clients_.emplace_back(std::make_unique<client>(client{fd})));
  }

  void read(client& c) {
    char bytes[64 * 1024];
    const auto got = recv(c.fd, bytes, sizeof(bytes), 0);
    if (got <= 0) {
      if (c.in) std::erase(c.in->clients, &c);
      close(c.fd);
      return;
    }
    const std::string_view input(bytes, static_cast<std::size_t>(got));
    if (c.in == nullptr) return enter(c, input);
    if (c.in->turn.empty()) touched_.push_back(c.in);
    c.in->turn += input;
  }

  // "GET /rooms/17 HTTP/1.1…"
  void enter(client& c, std::string_view request) {
    c.in = &rooms_[std::string(request.substr(0, request.find(' ', 4)))];
    c.in->clients.push_back(&c);
    write(c, answer);
  }

  void write(client& c, std::string_view bytes) {
    if (!c.unsent.empty()) {
      c.unsent += bytes;
      bytes = c.unsent;
    }
    const auto sent = send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    const auto done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done < bytes.size())
      c.unsent = std::string(bytes.substr(done));
    else
      c.unsent.clear();
  }

  int epoll_ = epoll_create1(0);
  std::map<std::string, room> rooms_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<room*> touched_;
};

}  // namespace

int main() {
  relay().run();
  return 0;
}
