#include "net/listener.hpp"

#include <linux/filter.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <optional>

#include "net/http_message.hpp"

namespace chat {

namespace {

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Others get their turn after so many.
constexpr int accepts_per_turn = 64;
constexpr int turns_of_a_backlog = SOMAXCONN / accepts_per_turn + 1;

bool is_exhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Errors of the connection that was waiting, not of accepting (accept(2)).
bool is_of_the_peer(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
         error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENONET ||
         error == ENOPROTOOPT || error == EOPNOTSUPP;
}

}  // namespace

// Tells the first of many events, ten quiet seconds apart: one line in the log for a whole burst.
class listener::burst {
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

namespace {

// As far as it goes: the kernel takes a hundred bytes at once, or the peer is gone.
void say_refused(int fd, const failure& why) {
  const auto answer = to_wire(refusal(why.code == errc::rate_limited ? 429 : 503, why),
                              {.keep_alive = false, .head_only = false});
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
}

}  // namespace

result<listen_address> parse_listen_address(std::string_view whole, transport otherwise) {
  auto text = whole;
  for (const auto& [scheme, how] :
       {std::pair("http://", transport::plain), std::pair("https://", transport::tls)}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(std::string_view(scheme).size());
    otherwise = how;
    break;
  }
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
                                       "Not an address to listen on: " + std::string(whole),
                                       "Give address and port, such as 127.0.0.1:3100"));
  return listen_address{tcp::endpoint(address, port), otherwise};
}

std::string to_string(const tcp::endpoint& where) {
  const auto address = where.address().to_string();
  const auto number = ':' + std::to_string(where.port());
  return where.address().is_v6() ? '[' + address + ']' + number : address + number;
}

std::string to_url(const listen_address& address) {
  return (address.how == transport::tls ? "https://" : "http://") + to_string(address.where);
}

struct listener::shared {
  std::vector<loop*> loops;
  admission& places;
  accept_handler on_accept;
  std::size_t next = 0;  // loop; first loop's thread only
  burst refusals = {};

  void take(unique_fd socket, seat place, loop& home, transport how) noexcept {
    try {
      on_accept(std::make_unique<corked_socket>(std::move(socket), home, std::move(place)), how);
    } catch (const std::exception& e) {
      spdlog::error("Cannot take a connection: {}", e.what());
    }
  }
};

enum class listener::made_by { us, others };

// One listening socket. Thread: the first loop's, once accepting.
class listener::port final : public std::enable_shared_from_this<port>, private pollable {
 public:
  port(std::shared_ptr<shared> all, tcp::acceptor acceptor, transport how, made_by maker)
      : all_(std::move(all)),
        acceptor_(std::move(acceptor)),
        how_(how),
        maker_(maker),
        pause_(home().io()) {}

  void accept() {
    if (!acceptor_.is_open()) return;
    self_ = shared_from_this();
    // One more descriptor of a loop that has none yet: there is memory for it.
    if (!home().sockets().add(fd(), *this, EPOLLIN))
      spdlog::error("Cannot wait for connections: {}", std::strerror(errno));
  }

  void share() {
    error_code ignored;
    acceptor_.set_option(reuse_port(true), ignored);
  }

  // Sockets that share an address are numbered in the order in which they listen; for a number that
  // nobody has any more the kernel chooses as it did before.
  void yield() {
    if (maker_ == made_by::others) return close();
    sock_filter the_second = BPF_STMT(BPF_RET | BPF_K, 1);
    const sock_fprog program{1, &the_second};
    if (::setsockopt(fd(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) != 0)
      spdlog::warn("The next node does not get all new connections yet: {}", std::strerror(errno));
  }

  void close() {
    if (self_) {
      // The kernel would reset who waits, except where the socket goes on without us.
      if (maker_ == made_by::us)
        for (int turn = 0; turn < turns_of_a_backlog && accept_some(); ++turn) continue;
      home().sockets().remove(fd(), *this);
    }
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    self_.reset();
  }

 private:
  loop& home() const { return *all_->loops.front(); }
  int fd() { return acceptor_.native_handle(); }

  void on_ready(std::uint32_t) noexcept override { accept_some(); }

  // Whether more may be waiting.
  bool accept_some() noexcept {
    const auto hold = shared_from_this();
    try {
      for (int i = 0; i < accepts_per_turn; ++i) {
        tcp::endpoint from;
        auto size = static_cast<socklen_t>(from.capacity());
        unique_fd socket(::accept4(fd(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket)
          on_accepted(std::move(socket), from.address());
        else if (errno == EAGAIN)
          return false;
        else if (!is_of_the_peer(errno))
          return on_failed(errno), false;
      }
    } catch (const std::exception& e) {
      spdlog::error("Cannot take a connection: {}", e.what());
    }
    return true;
  }

  void on_accepted(unique_fd socket, const asio::ip::address& from) {
    auto place = all_->places.admit(from);
    if (!place) {
      if (all_->refusals.begins())
        spdlog::warn("Refusing connections, first of {}: {}", from.to_string(),
                     place.error().message);
      if (how_ == transport::plain) say_refused(socket.get(), place.error());
      return;
    }
    loop& target = *all_->loops[all_->next++ % all_->loops.size()];
    if (&target == &home()) return all_->take(std::move(socket), std::move(*place), target, how_);
    asio::post(target.io(), [all = all_, &target, how = how_, socket = std::move(socket),
                             place = std::move(*place)]() mutable {
      all->take(std::move(socket), std::move(place), target, how);
    });
  }

  void on_failed(int error) {
    if (is_exhausted(error)) all_->places.count_exhausted();
    if (failures_.begins())
      spdlog::warn("Cannot accept connections for now: {}", std::strerror(error));
    home().sockets().change(fd(), *this, 0);
    pause_.expires_after(limits::accept_pause);
    pause_.async_wait([self = shared_from_this()](error_code aborted) {
      if (!aborted && self->self_) self->home().sockets().change(self->fd(), *self, EPOLLIN);
    });
  }

  std::shared_ptr<shared> all_;
  tcp::acceptor acceptor_;
  transport how_;
  made_by maker_;
  asio::steady_timer pause_;
  burst failures_;
  std::shared_ptr<port> self_;  // while it accepts
};

listener::listener(std::vector<loop*> loops, admission& places, accept_handler on_accept)
    : shared_(new shared{std::move(loops), places, std::move(on_accept), 0, {}}) {}

listener::~listener() { stop(); }

result<listen_address> listener::listen(listen_address address, bool shares) {
  const auto where = address.where;
  tcp::acceptor acceptor(shared_->loops.front()->io());
  error_code ec;
  acceptor.open(where.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && shares) acceptor.set_option(reuse_port(true), ec);
  if (!ec) acceptor.bind(where, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) acceptor.native_non_blocking(true, ec);
  if (!ec) address.where = acceptor.local_endpoint(ec);
  if (ec)
    return tl::unexpected(make_failure(
        errc::validation_error, "Cannot listen on " + to_string(where) + ": " + ec.message(),
        "Stop what uses this address, or choose another one with --listen"));
  ports_.push_back(std::make_shared<port>(shared_, std::move(acceptor), address.how, made_by::us));
  return address;
}

result<listen_address> listener::adopt(unique_fd socket, transport how) {
  tcp::acceptor acceptor(shared_->loops.front()->io());
  tcp::endpoint where;
  auto size = static_cast<socklen_t>(where.capacity());
  error_code ec;
  if (::getsockname(socket.get(), where.data(), &size) != 0)
    ec.assign(errno, boost::system::system_category());
  if (!ec) acceptor.assign(where.protocol(), socket.get(), ec);
  if (ec)
    return tl::unexpected(make_failure(errc::validation_error,
                                       "A socket that was passed cannot be used: " + ec.message(),
                                       "Look into the unit that makes the socket"));
  socket.release();
  if (acceptor.native_non_blocking(true, ec); ec) spdlog::warn("{}", ec.message());
  ports_.push_back(std::make_shared<port>(shared_, std::move(acceptor), how, made_by::others));
  return listen_address{where, how};
}

void listener::share() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->share(); });
}

void listener::yield() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->yield(); });
}

void listener::start() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->accept(); });
}

void listener::stop() {
  for (const auto& port : ports_) shared_->loops.front()->post([port] { port->close(); });
  ports_.clear();
}

}  // namespace chat
