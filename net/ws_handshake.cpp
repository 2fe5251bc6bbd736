#include "net/ws_handshake.hpp"

#include <boost/beast/websocket.hpp>

namespace chat {

namespace websocket = beast::websocket;

namespace {

// What Beast takes for a connection: it keeps what is written, and has nothing to read.
struct answer_sink {
  using executor_type = asio::io_context::executor_type;

  executor_type get_executor() const { return home.get_executor(); }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& ec) {
    ec = {};
    const auto before = written.size();
    for (const auto part : beast::buffers_range_ref(buffers))
      written.append(static_cast<const char*>(part.data()), part.size());
    return written.size() - before;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code ec;
    return write_some(buffers, ec);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&, error_code& ec) {
    ec = asio::error::eof;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    return 0;
  }

  asio::io_context& home;
  std::string written = {};
};

}  // namespace

std::optional<std::string> accept_websocket(const http_request::message& request, loop& home) {
  websocket::stream<answer_sink, false> stream(answer_sink{home.io()});
  stream.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& r) { r.set(beast::http::field::server, "chatd"); }));
  error_code ec;
  stream.accept(request, ec);
  if (ec) return std::nullopt;
  return std::move(stream.next_layer().written);
}

}  // namespace chat
