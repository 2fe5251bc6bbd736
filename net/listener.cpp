#include "net/listener.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <charconv>
#include <exception>
#include <optional>

#include "net/http_message.hpp"

namespace chat {

namespace {

bool is_exhausted(const error_code& ec) {
  return ec == asio::error::no_descriptors || ec == asio::error::no_buffer_space ||
         ec == asio::error::no_memory || ec == boost::system::errc::too_many_files_open_in_system;
}

// Tells the first of many events, ten quiet seconds apart: one line in the log for a whole burst.
class burst {
 public:
  bool begins() {
    const auto now = std::chrono::steady_clock::now();
    const bool first = !last_ || now - *last_ > std::chrono::seconds(10);
    last_ = now;
    return first;
  }

 private:
  std::optional<steady_time> last_;
};

// As far as it goes: the kernel takes a hundred bytes at once, or the peer is gone.
void say_full(tcp::socket& socket) {
  static const std::string answer = to_wire(
      refusal(503, make_failure(errc::overloaded, "The node has all the connections it can hold")),
      {.keep_alive = false, .head_only = false});
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

result<tcp::endpoint> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  const auto port_text = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  unsigned short port = 0;
  const auto [end, bad_port] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  error_code bad_host;
  const auto address =
      asio::ip::make_address(host == "localhost" ? std::string_view("127.0.0.1") : host, bad_host);
  if (bad_host || bad_port != std::errc{} || end != port_text.data() + port_text.size())
    return tl::unexpected(make_failure(errc::validation_error,
                                       "Not an address to listen on: " + std::string(text),
                                       "Give address and port, such as 127.0.0.1:3100"));
  return tcp::endpoint(address, port);
}

std::string to_string(const tcp::endpoint& where) {
  const auto address = where.address().to_string();
  const auto number = ':' + std::to_string(where.port());
  return where.address().is_v6() ? '[' + address + ']' + number : address + number;
}

struct listener::shared {
  std::vector<loop*> loops;
  node_counters& counters;
  accept_handler on_accept;
  std::size_t connections_max;
  std::size_t next = 0;                     // loop; first loop's thread only
  std::atomic<std::size_t> on_the_way = 0;  // accepted, not yet with their loop
  burst refusals = {};

  bool is_full() const { return read(counters.connections) + on_the_way >= connections_max; }
};

// One listening socket. Thread: the first loop's, once accepting.
class listener::port : public std::enable_shared_from_this<port> {
 public:
  port(std::shared_ptr<shared> all, tcp::acceptor acceptor)
      : all_(std::move(all)), acceptor_(std::move(acceptor)), pause_(all_->loops.front()->io()) {}

  void accept() {
    if (!acceptor_.is_open()) return;
    loop& target = *all_->loops[all_->next++ % all_->loops.size()];
    acceptor_.async_accept(target.io(),
                           [self = shared_from_this(), &target](error_code ec, tcp::socket socket) {
                             if (ec == asio::error::operation_aborted) return;
                             if (ec) return self->on_failed(ec);
                             self->on_accepted(std::move(socket), target);
                             self->accept();
                           });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void on_accepted(tcp::socket socket, loop& target) {
    if (all_->is_full()) {
      add(all_->counters.connections_refused);
      if (all_->refusals.begins())
        spdlog::warn("Refusing connections: {} are open", all_->connections_max);
      return say_full(socket);
    }
    ++all_->on_the_way;
    asio::post(target.io(), [all = all_, &target, socket = std::move(socket)]() mutable {
      try {
        all->on_accept(std::move(socket), target);
      } catch (const std::exception& e) {
        spdlog::error("Cannot take a connection: {}", e.what());
      }
      --all->on_the_way;
    });
  }

  void on_failed(const error_code& ec) {
    if (ec == asio::error::connection_aborted || ec == asio::error::interrupted) return accept();
    if (is_exhausted(ec)) add(all_->counters.connections_refused);
    if (failures_.begins()) spdlog::warn("Cannot accept connections for now: {}", ec.message());
    pause_.expires_after(limits::accept_pause);
    pause_.async_wait([self = shared_from_this()](error_code aborted) {
      if (!aborted) self->accept();
    });
  }

  std::shared_ptr<shared> all_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  burst failures_;
};

listener::listener(std::vector<loop*> loops, node_counters& counters, accept_handler on_accept,
                   std::size_t connections_max)
    : shared_(new shared{
          std::move(loops), counters, std::move(on_accept), connections_max, 0, 0, {}}) {}

listener::~listener() { stop(); }

result<tcp::endpoint> listener::listen(const tcp::endpoint& where) {
  tcp::acceptor acceptor(shared_->loops.front()->io());
  error_code ec;
  acceptor.open(where.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(where, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  tcp::endpoint bound;
  if (!ec) bound = acceptor.local_endpoint(ec);
  if (ec)
    return tl::unexpected(make_failure(
        errc::validation_error, "Cannot listen on " + to_string(where) + ": " + ec.message(),
        "Stop what uses this address, or choose another one with --listen"));
  ports_.push_back(std::make_shared<port>(shared_, std::move(acceptor)));
  return bound;
}

void listener::start() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->accept(); });
}

void listener::stop() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->close(); });
  ports_.clear();
}

}  // namespace chat
