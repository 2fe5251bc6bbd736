#include "bench/load/caller.hpp"

#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bench/load/crowd.hpp"
#include "bench/load/run_failure.hpp"

namespace bench {

namespace {

constexpr std::size_t read_bytes = 64 * 1024;

// The number behind a header's name, which is searched without regard to case; or npos.
std::size_t header_number(std::string_view head, std::string_view name) {
  for (std::size_t at = 0; at + name.size() < head.size(); ++at) {
    if (strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
    std::size_t value = 0;
    auto from = at + name.size();
    while (from < head.size() && head[from] == ' ') ++from;
    std::from_chars(head.data() + from, head.data() + head.size(), value);
    return value;
  }
  return std::string_view::npos;
}

}  // namespace

caller::caller(poller& sockets, const sockaddr_in& server,
               std::function<void(caller&, std::string_view)> on_answer)
    : sockets_(sockets), host_(host_of(server)), on_answer_(std::move(on_answer)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail_with_errno("no socket for another connection");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
    ::close(std::exchange(fd_, -1));
    fail_with_errno("cannot connect to " + host_);
  }
  sockets_.add(fd_, *this, EPOLLIN);
}

caller::~caller() {
  if (fd_ >= 0) ::close(fd_);
}

void caller::ask(std::string_view path, std::string_view body) {
  waiting_ = true;
  request_ = "POST ";
  request_ += path;
  request_ += " HTTP/1.1\r\nHost: ";
  request_ += host_;
  request_ += "\r\nContent-Type: application/json\r\nContent-Length: ";
  request_ += std::to_string(body.size());
  request_ += "\r\n\r\n";
  request_ += body;
  // A blocking socket: a server that does not read one small request is no server to measure.
  const auto sent = send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request_.size())) fail_with_errno("a request was not taken");
}

void caller::on_ready(std::uint32_t) {
  const auto had = input_.size();
  input_.resize(had + read_bytes);
  const auto got = recv(fd_, input_.data() + had, read_bytes, MSG_DONTWAIT);
  input_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) throw run_failure("the server closed a connection that waited for an answer");
  take_answer();
}

void caller::take_answer() {
  const auto head_end = input_.find("\r\n\r\n");
  if (head_end == std::string::npos) return;
  const std::string_view head(input_.data(), head_end + 2);
  if (!head.starts_with("HTTP/1.1 200 ")) throw run_failure("an answer was not 200: " + input_);
  const auto size = header_number(head, "\r\nContent-Length:");
  if (size == std::string_view::npos) throw run_failure("an answer has no length: " + input_);
  if (input_.size() < head_end + 4 + size) return;
  if (input_.size() > head_end + 4 + size) throw run_failure("an answer nobody asked for");
  const auto answer = std::exchange(input_, {});
  waiting_ = false;
  on_answer_(*this, std::string_view(answer).substr(head_end + 4));
}

std::string rpc_body(std::string_view command, std::string_view params) {
  std::string body = R"({"jsonrpc":"2.0","id":1,"method":")";
  body += command;
  body += R"(","params":)";
  body += params;
  body += '}';
  return body;
}

}  // namespace bench
