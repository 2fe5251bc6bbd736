#include "net/webhook_client.hpp"

#include <netdb.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <ctime>
#include <mutex>
#include <system_error>
#include <thread>

#include "model/freed_by.hpp"
#include "model/limits.hpp"
#include "net/asio.hpp"
#include "net/webhook_target.hpp"

namespace chat {

namespace http = beast::http;
namespace ssl = asio::ssl;

namespace {

using asio::use_awaitable;

/// Of a name's addresses, so many are tried.
constexpr std::size_t addresses_max = 4;
/// Answers such as 103 may come before the one that counts.
constexpr int early_answers_max = 4;
constexpr auto body_patience = std::chrono::seconds(1);

constexpr const char* not_public =
    "leads to an address that is not on the internet: loopback, private, link-local or reserved";

// --- Names -------------------------------------------------------------------------------------

struct lookup_result {
  std::vector<tcp::endpoint> where;
  std::string error;  ///< why there are none
};

// `flags` AI_NUMERICHOST: only addresses, in any spelling that the system takes; asks nobody.
lookup_result resolve_host(const webhook_target& target, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(target.port);
  const int code = getaddrinfo(target.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) return {{}, "its host cannot be looked up: " + std::string(gai_strerror(code))};
  const std::unique_ptr<addrinfo, freed_by<freeaddrinfo>> all(found);
  lookup_result result;
  for (const auto* one = found; one; one = one->ai_next) {
    tcp::endpoint where;
    if (one->ai_addrlen > where.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(where.data()));
    where.resize(one->ai_addrlen);
    result.where.push_back(where);
  }
  if (result.where.empty()) result.error = "its host has no address";
  return result;
}

// --- One request -------------------------------------------------------------------------------

struct posting {
  webhook_target target;
  webhook_request request;
  steady_time deadline;
  webhook_answer answer = {};
  bool is_connected = false;
};

// Seconds, or a date (RFC 9110, 10.2.3); 0 for anything else.
std::int64_t retry_after_ms(std::string_view text) {
  constexpr std::int64_t ms = 1000;
  constexpr std::int64_t longest_s = 24 * 60 * 60;
  std::int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (ec == std::errc{} && end == text.data() + text.size())
    return std::clamp<std::int64_t>(seconds, 0, longest_s) * ms;
  std::tm date{};
  const std::string copy(text);
  if (!strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return 0;
  return std::clamp<std::int64_t>(timegm(&date) - std::time(nullptr), 0, longest_s) * ms;
}

http::request<http::string_body> to_http(posting& e) {
  http::request<http::string_body> request(http::verb::post, e.target.path, 11);
  request.set(http::field::host, e.target.authority);
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : e.request.headers) request.set(name, value);
  request.body() = std::move(e.request.body);
  request.prepare_payload();
  return request;
}

template <class Stream>
asio::awaitable<void> post_on(Stream& stream, posting& e) {
  const auto request = to_http(e);
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  for (int i = 0; i < early_answers_max; ++i) {
    http::response_parser<http::buffer_body> answer;
    answer.header_limit(limits::webhook_answer_header_bytes_max);
    answer.body_limit(boost::none);
    co_await http::async_read_header(stream, buffer, answer, use_awaitable);
    e.answer.status = answer.get().result_int();
    if (e.answer.status < 200) continue;
    const auto retry_after = answer.get()[http::field::retry_after];
    e.answer.retry_after_ms = retry_after_ms({retry_after.data(), retry_after.size()});
    // Of the body a little is read, for targets that do not like to be cut off.
    beast::get_lowest_layer(stream).expires_at(
        std::min(e.deadline, std::chrono::steady_clock::now() + body_patience));
    std::array<char, limits::webhook_answer_body_bytes_max> ignored;
    answer.get().body() = {ignored.data(), ignored.size(), true};
    error_code ec;
    co_await http::async_read(stream, buffer, answer, asio::redirect_error(use_awaitable, ec));
    co_return;
  }
  e.answer = {.status = 0, .error = "it sent no final answer"};
}

asio::awaitable<void> connect_to(beast::tcp_stream& stream, posting& e,
                                 const std::vector<tcp::endpoint>& where) {
  const auto count = std::min(where.size(), addresses_max);
  const auto share =
      std::chrono::milliseconds(limits::webhook_connect_timeout) / static_cast<int>(count);
  error_code ec;
  for (std::size_t i = 0; i < count; ++i) {
    stream.expires_at(std::min(e.deadline, std::chrono::steady_clock::now() + share));
    co_await stream.async_connect(where[i], asio::redirect_error(use_awaitable, ec));
    if (!ec) break;
    stream.close();
  }
  if (ec) throw boost::system::system_error(ec);
  e.is_connected = true;
  stream.expires_at(e.deadline);
  co_return;  // cppcheck misses it
}

asio::awaitable<void> carry_out(posting& e, const std::vector<tcp::endpoint>& where,
                                ssl::context& tls, asio::io_context& io) {
  if (!e.target.is_tls) {
    beast::tcp_stream stream(io);
    co_await connect_to(stream, e, where);
    co_await post_on(stream, e);
    co_return;
  }
  ssl::stream<beast::tcp_stream> stream(io, tls);
  error_code not_literal;
  asio::ip::make_address(e.target.host, not_literal);
  if (not_literal) SSL_set_tlsext_host_name(stream.native_handle(), e.target.host.c_str());
  stream.set_verify_callback(ssl::host_name_verification(e.target.host));
  co_await connect_to(stream.next_layer(), e, where);
  co_await stream.async_handshake(ssl::stream_base::client, use_awaitable);
  co_await post_on(stream, e);
}

std::string words_of(const posting& e, const error_code& ec) {
  if (ec != beast::error::timeout)
    return (e.is_connected ? "the connection failed: " : "it cannot be connected to: ") +
           ec.message();
  return e.is_connected ? "it did not answer in time" : "it cannot be connected to: no answer";
}

asio::awaitable<void> post_and_answer(posting e, std::vector<tcp::endpoint> where,
                                      ssl::context& tls, asio::io_context& io,
                                      std::function<void(webhook_answer)> then) {
  try {
    co_await carry_out(e, where, tls, io);
  } catch (const boost::system::system_error& error) {
    e.answer = {.status = 0, .error = words_of(e, error.code())};
  } catch (const std::exception& error) {
    e.answer = {.status = 0, .error = error.what()};
  }
  then(std::move(e.answer));
}

}  // namespace

struct webhook_client::impl {
  const bool allow_inside;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> alive{io.get_executor()};
  ssl::context tls{ssl::context::tls_client};
  std::thread thread;

  /// What threads that look names up hold on to: `io`, until the client stops.
  struct gate {
    std::mutex mutex;
    asio::io_context* io = nullptr;
  };
  std::shared_ptr<gate> open = std::make_shared<gate>();

  explicit impl(bool inside) : allow_inside(inside) {}

  result<void> begin();
  void stop();
  bool allows(const std::vector<tcp::endpoint>& where) const;
  void resolve_for(const webhook_target& target,
                   const std::function<void(const lookup_result&)>& then);
};

result<void> webhook_client::impl::begin() {
  error_code ec;
  tls.set_default_verify_paths(ec);
  if (!ec) tls.set_verify_mode(ssl::verify_peer, ec);
  if (!ec && SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1)
    ec = asio::error::operation_not_supported;
  if (ec)
    return tl::unexpected(make_failure(errc::internal_error,
                                       "TLS for webhooks cannot be used: " + ec.message(),
                                       "Look into this machine's openssl.cnf"));
  open->io = &io;
  thread = std::thread([this] { io.run(); });
  return {};
}

void webhook_client::impl::stop() {
  {
    const std::lock_guard lock(open->mutex);
    open->io = nullptr;
  }
  io.stop();
  if (thread.joinable()) thread.join();
}

bool webhook_client::impl::allows(const std::vector<tcp::endpoint>& where) const {
  return std::ranges::all_of(where, [this](const tcp::endpoint& one) {
    const auto is = reach_of(one.address());
    return is == reach::everybody || (allow_inside && is == reach::inside);
  });
}

// `then` runs at once, or on the client's thread.
void webhook_client::impl::resolve_for(const webhook_target& target,
                                       const std::function<void(const lookup_result&)>& then) {
  if (auto literal = resolve_host(target, AI_NUMERICHOST); !literal.where.empty())
    return then(literal);
  try {
    std::thread([target, then, gate = open] {
      auto found = resolve_host(target, 0);
      const std::lock_guard lock(gate->mutex);
      if (gate->io) asio::post(*gate->io, [found = std::move(found), then] { then(found); });
    }).detach();
  } catch (const std::system_error& e) {
    then({{}, "its host cannot be looked up: " + std::string(e.what())});
  }
}

result<std::unique_ptr<webhook_client>> webhook_client::start(bool allow_inside) {
  auto p = std::make_unique<impl>(allow_inside);
  if (auto begun = p->begin(); !begun) return tl::unexpected(begun.error());
  return std::unique_ptr<webhook_client>(new webhook_client(std::move(p)));
}

webhook_client::webhook_client(std::unique_ptr<impl> p) : impl_(std::move(p)) {}
webhook_client::~webhook_client() { impl_->stop(); }

void webhook_client::look_up(const std::string& url,
                             std::function<void(std::optional<std::string>)> then) {
  const auto target = parse_webhook_url(url);
  if (!target) return then(target.error().message);
  impl_->resolve_for(*target, [impl = impl_.get(), then](const lookup_result& found) {
    if (found.where.empty()) return then("leads nowhere: " + found.error);
    if (impl->allows(found.where)) return then(std::nullopt);
    then(not_public);
  });
}

void webhook_client::send(webhook_request request, std::function<void(webhook_answer)> then) {
  auto target = parse_webhook_url(request.url);
  if (!target) return then({.status = 0, .error = "its URL " + target.error().message});
  const auto deadline = std::chrono::steady_clock::now() + limits::webhook_request_timeout;
  posting e{*target, std::move(request), deadline};
  impl_->resolve_for(*target, [impl = impl_.get(), e = std::make_shared<posting>(std::move(e)),
                               then = std::move(then)](const lookup_result& found) {
    if (found.where.empty()) return then({.status = 0, .error = found.error});
    if (!impl->allows(found.where))
      return then({.status = 0, .error = "its host " + std::string(not_public)});
    asio::co_spawn(impl->io, post_and_answer(std::move(*e), found.where, impl->tls, impl->io, then),
                   [](const std::exception_ptr&) {});
  });
}

}  // namespace chat
