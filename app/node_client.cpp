#include "app/node_client.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "model/bridge_limits.hpp"

namespace chat {

namespace {

using asio::use_awaitable;

// Events as they come in pieces; the data of each is one line (net/event_stream.hpp).
class event_reader {
 public:
  explicit event_reader(node_client::message_handler on_message)
      : on_message_(std::move(on_message)) {}

  void take(std::string_view bytes) {
    text_.append(bytes);
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      take_line(std::string_view(text_).substr(0, end));
      text_.erase(0, end + 1);
    }
  }
  bool is_too_long() const { return text_.size() > limits::bridge_message_bytes_max; }

 private:
  void take_line(std::string_view line) const {
    constexpr std::string_view data = "data: ";
    if (line.starts_with(data) && line.size() > data.size()) on_message_(line.substr(data.size()));
  }

  const node_client::message_handler on_message_;
  std::string text_;
};

bool is_events(std::string_view type) { return type.starts_with("text/event-stream"); }

}  // namespace

asio::awaitable<node_client::answer> node_client::send(std::string method, mcp_headers headers,
                                                       std::string body, message_handler on_message,
                                                       std::string path) {
  answer got;
  try {
    got = co_await exchange(std::move(method), std::move(headers), std::move(body),
                            std::move(on_message), std::move(path));
  } catch (const boost::system::system_error& e) {
    if (!cancelled_) spdlog::info("{}:{}: {}", host_, port_, e.what());
  }
  stream_.close();
  co_return got;
}

asio::awaitable<node_client::answer> node_client::exchange(std::string method, mcp_headers headers,
                                                           std::string body,
                                                           message_handler on_message,
                                                           std::string path) {
  asio::ip::tcp::resolver resolver(stream_.get_executor());
  const auto places = co_await resolver.async_resolve(host_, port_, use_awaitable);
  stream_.expires_after(limits::bridge_connect_timeout);
  co_await stream_.async_connect(places, use_awaitable);

  http::request<http::string_body> request(http::string_to_verb(method), path, 11);
  const bool is_ipv6 = host_.find(':') != std::string::npos;
  request.set(http::field::host, (is_ipv6 ? '[' + host_ + ']' : host_) + ':' + port_);
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::move(body);
  request.prepare_payload();
  stream_.expires_after(limits::bridge_answer_timeout);
  co_await http::async_write(stream_, request, use_awaitable);

  boost::beast::flat_buffer buffer;
  http::response_parser<http::empty_body> head;
  head.body_limit(boost::none);
  co_await http::async_read_header(stream_, buffer, head, use_awaitable);
  answer got{.status = head.get().result_int(),
             .session = std::string(head.get()["Mcp-Session-Id"])};
  if (!is_events(head.get()[http::field::content_type])) {
    http::response_parser<http::string_body> whole(std::move(head));
    whole.body_limit(limits::bridge_message_bytes_max);
    co_await http::async_read(stream_, buffer, whole, use_awaitable);
    got.body = std::move(whole.get().body());
    co_return got;
  }
  http::response_parser<http::buffer_body> events(std::move(head));
  event_reader reader(std::move(on_message));
  while (!events.is_done() && !reader.is_too_long()) {
    char piece[8192];
    events.get().body().data = piece;
    events.get().body().size = sizeof piece;
    stream_.expires_after(limits::bridge_answer_timeout);
    boost::system::error_code ec;
    co_await http::async_read_some(stream_, buffer, events,
                                   asio::redirect_error(use_awaitable, ec));
    reader.take({piece, sizeof piece - events.get().body().size});
    if (ec && ec != http::error::need_buffer) break;
  }
  co_return got;
}

void node_client::cancel() {
  cancelled_ = true;
  stream_.cancel();
}

}  // namespace chat
