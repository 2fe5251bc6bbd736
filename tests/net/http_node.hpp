#pragma once
// Real loops, listener and connections with a made-up command actor behind them, and a plain
// blocking client. Everything that waits gives up after a deadline and fails the test.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/command_table.hpp"
#include "net/http_connection.hpp"
#include "net/listener.hpp"
#include "net/tls_handshake.hpp"

namespace chat::test {

inline constexpr auto patience = std::chrono::seconds(20);

/// One HTTP answer.
struct http_answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

class http_client {
 public:
  /// A receive buffer of a few kilobytes makes a client that reads slowly.
  explicit http_client(unsigned short port, int receive_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect");
  }
  virtual ~http_client() { close(); }
  http_client(http_client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
  http_client& operator=(http_client&&) = delete;

  /// False when the node takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = write_some(bytes);
      if (n < 0) return false;
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Ends with a reset instead of a farewell.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

  /// Everything up to and with `end`.
  std::string read_until(std::string_view end) {
    std::size_t found = 0;
    while ((found = input_.find(end)) == std::string::npos)
      if (!read_some()) throw std::runtime_error("ended early after: " + input_.substr(0, 500));
    return take(found + end.size());
  }
  std::string read_bytes(std::size_t size) {
    while (input_.size() < size)
      if (!read_some()) throw std::runtime_error("ended early after: " + input_.substr(0, 500));
    return take(size);
  }
  /// What still comes until the node closes; "reset" when it ends that way.
  std::string read_to_end() {
    while (read_some()) {
    }
    return reset_ ? "reset" : take(input_.size());
  }
  http_answer read_answer(bool head_only = false) {
    http_answer answer;
    auto head = read_until("\r\n\r\n");
    answer.status = std::stoi(head.substr(9, 3));
    head.erase(0, head.find("\r\n") + 2);
    while (head.size() > 2) {
      const auto line = head.substr(0, head.find("\r\n"));
      head.erase(0, line.size() + 2);
      auto name = line.substr(0, line.find(": "));
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return tolower(c); });
      answer.headers[name] = line.substr(line.find(": ") + 2);
    }
    if (!head_only && answer.headers.contains("content-length"))
      answer.body = read_bytes(std::stoul(answer.headers["content-length"]));
    return answer;
  }
  http_answer ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }

 protected:
  /// How many bytes went; negative when the node takes no more.
  virtual long write_some(std::string_view bytes) {
    wait(POLLOUT);
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN ? 0 : n;
  }
  /// How many bytes came; 0 at the end, negative when it was no farewell.
  virtual long receive_some(std::span<char> into) {
    wait(POLLIN);
    return ::recv(fd_, into.data(), into.size(), 0);
  }
  void wait(short events) const {
    pollfd p{fd_, events, 0};
    const auto ms = std::chrono::milliseconds(patience).count();
    if (::poll(&p, 1, static_cast<int>(ms)) <= 0) throw std::runtime_error("waited too long");
  }
  int fd() const { return fd_; }

 private:
  bool read_some() {
    char bytes[16 * 1024];
    const auto n = receive_some(bytes);
    reset_ = n < 0;
    if (n > 0) input_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  std::string take(std::size_t size) {
    auto out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }

  int fd_;
  std::string input_;
  bool reset_ = false;
};

/// Takes the place of the command actor: answers at once, keeps calls for later, or loses them.
class command_sink {
 public:
  enum class mode { answer, keep, lose };

  void take(call_ptr call) {
    const std::lock_guard lock(mutex_);
    ++taken_;
    if (mode_ == mode::answer) reply(*call);
    if (mode_ == mode::keep) kept_.push_back(std::move(call));
    changed_.notify_all();
  }
  void set(mode m) {
    const std::lock_guard lock(mutex_);
    mode_ = m;
  }
  /// The next call that was kept.
  call_ptr next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !kept_.empty(); }))
      throw std::runtime_error("no call came");
    auto call = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return call;
  }
  std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  /// What commands would say: COMMAND_NOT_FOUND, VALIDATION_ERROR, or who was called from where.
  static void reply(command_call& call) {
    if (!call.row) return call.answer({R"({"success":false,"error":"COMMAND_NOT_FOUND"})", false});
    if (!call.input)
      return call.answer({R"({"success":false,"error":")" +
                              std::string(to_string(call.input.error().code)) + "\"}",
                          false});
    call.answer({R"({"success":true,"data":{"command":")" + call.command + R"(","base":")" +
                     call.websocket_base + "\"}}",
                 true});
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<call_ptr> kept_;
  std::size_t taken_ = 0;
  mode mode_ = mode::answer;
};

class http_node {
 public:
  /// `change` may set the configuration otherwise. With a certificate it speaks TLS alone.
  explicit http_node(std::function<void(http_config&)> change = {}, std::size_t loop_count = 2,
                     const admission_limits& bounds = {},
                     const tls_certificate* certificate = nullptr,
                     std::chrono::milliseconds handshake_timeout = limits::tls_handshake_timeout)
      : config{.counters = counters}, places(counters, bounds) {
    config.authenticate = [](std::string_view, const std::string& peer) {
      auto who = local_user();
      who.address = peer;
      return result<caller>(std::move(who));
    };
    if (change) change(config);
    if (certificate) tls.emplace(tls_options{*certificate, counters, handshake_timeout});
    std::vector<loop*> targets;
    for (std::size_t i = 0; i < loop_count; ++i) {
      loops.push_back(std::make_unique<loop>());
      targets.push_back(loops.back().get());
      doors.push_back(std::make_unique<door_context>(door_context{
          *loops.back(), config, [this](call_ptr call) { sink.take(std::move(call)); }}));
    }
    entrance =
        std::make_unique<listener>(targets, places, [this](socket_ptr socket, transport how) {
          if (how == transport::plain) return serve(std::move(socket));
          std::make_shared<tls_handshake>(std::move(socket), *tls, [this](socket_ptr s) {
            serve(std::move(s));
          })->start();
        });
    const auto address = entrance->listen(
        {{asio::ip::address_v4::loopback(), 0}, tls ? transport::tls : transport::plain});
    if (!address) throw std::runtime_error(address.error().message);
    port = address->where.port();
    entrance->start();
    for (auto& l : loops) threads.emplace_back([&l = *l] { l.run(); });
  }
  ~http_node() {
    sink.set(command_sink::mode::lose);
    entrance->stop();
    for (auto& l : loops) l->stop();
    for (auto& t : threads) t.join();
    loops.clear();
  }

  http_client connect(int receive_bytes = 0) const { return http_client(port, receive_bytes); }
  /// One request on a connection of its own.
  http_answer ask(std::string_view bytes) const { return connect().ask(bytes); }

  /// Waits until it holds, looking on the first loop between its turns.
  template <class Condition>
  bool becomes(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      turn();
    }
    return condition();
  }
  /// Returns when every loop has done what it had to do.
  void turn() {
    for (auto& l : loops) {
      std::promise<void> done;
      l->post([&] { done.set_value(); });
      if (done.get_future().wait_for(patience) != std::future_status::ready)
        throw std::runtime_error("a loop hangs");
    }
  }
  /// Connections that the loops look after, counted by the loops themselves.
  std::size_t watched_count() {
    std::size_t count = 0;
    for (auto& l : loops) {
      std::promise<std::size_t> counted;
      l->post([&] { counted.set_value(l->watched_count()); });
      count += counted.get_future().get();
    }
    return count;
  }
  void drain() {
    for (auto& l : loops) l->post([&l = *l] { l.drain(1'000); });
  }
  void end() {
    for (auto& l : loops) l->post([&l = *l] { l.end_all(); });
  }
  bool all_gone() {
    return becomes([this] { return read(counters.connections) == 0; });
  }

  void serve(socket_ptr socket) {
    for (const auto& d : doors)
      if (socket && &d->home == &socket->home())
        std::make_shared<http_connection>(std::move(socket), *d)->start();
  }

  node_counters counters;
  http_config config;
  admission places;
  std::optional<tls_options> tls;
  command_sink sink;
  std::vector<std::unique_ptr<loop>> loops;
  std::vector<std::unique_ptr<door_context>> doors;
  std::unique_ptr<listener> entrance;
  std::vector<std::thread> threads;
  unsigned short port = 0;
};

inline std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "\r\n";
}
inline std::string post(std::string_view path, std::string_view body,
                        std::string_view headers = "Content-Type: application/json\r\n") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
/// A call of /rpc.
inline std::string rpc(std::string_view id, std::string_view method = "chat-rooms") {
  return post("/rpc", R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" +
                          std::string(method) + "\"}");
}

}  // namespace chat::test
