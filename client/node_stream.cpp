#include "client/node_stream.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>

#include "model/bridge_limits.hpp"

namespace chat {

namespace {

// Reading the system's authorities takes 10 ms: once for all connections of a thread, which trust
// the same as a rule.
std::shared_ptr<asio::ssl::context> trusting(const std::string& ca_file) {
  thread_local std::string known_file;
  thread_local std::shared_ptr<asio::ssl::context> known;
  if (known && known_file == ca_file) return known;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  context->set_default_verify_paths();
  if (!ca_file.empty()) context->load_verify_file(ca_file);
  context->set_verify_mode(asio::ssl::verify_peer);
  known = std::move(context);
  known_file = ca_file;
  return known;
}

// Names only: RFC 6066, 3.
void name_server(SSL* tls, const std::string& host) {
  error_code ec;
  asio::ip::make_address(host, ec);
  if (ec) SSL_set_tlsext_host_name(tls, host.c_str());
}

}  // namespace

asio::awaitable<void> node_stream::connect(const node_address& to) {
  if (to.tls) context_ = trusting(to.ca_file);  // first: a file that is no good is known at once
  tcp::resolver resolver(get_executor());
  const auto places = co_await resolver.async_resolve(to.host, to.port, asio::use_awaitable);
  tcp_.expires_after(limits::bridge_connect_timeout);
  co_await tcp_.async_connect(places, asio::use_awaitable);
  tcp_.socket().set_option(tcp::no_delay(true));
  if (!to.tls) co_return;
  tls_ = std::make_unique<asio::ssl::stream<beast::tcp_stream&>>(tcp_, *context_);
  tls_->set_verify_callback(asio::ssl::host_name_verification(to.host));
  name_server(tls_->native_handle(), to.host);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

}  // namespace chat
