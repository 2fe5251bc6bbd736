#include "client/node_client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace chat {

namespace {

namespace http = beast::http;
using asio::use_awaitable;

// Events as they come in pieces; the data of each is one line (net/event_stream.hpp).
class event_reader {
 public:
  explicit event_reader(node_client::message_handler on_message)
      : on_message_(std::move(on_message)) {}

  void take(std::string_view bytes) {
    const auto known = text_.size();  // which has no end of a line
    text_.append(bytes);
    std::size_t begin = 0;
    for (auto end = text_.find('\n', known); end != std::string::npos;
         end = text_.find('\n', begin)) {
      take_line(std::string_view(text_).substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
  }
  bool is_too_long() const { return text_.size() > limits::bridge_message_bytes_max; }

 private:
  void take_line(std::string_view line) const {
    constexpr std::string_view data = "data:";
    if (!line.starts_with(data)) return;
    line.remove_prefix(data.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && on_message_) on_message_(line);
  }

  const node_client::message_handler on_message_;
  std::string text_;
};

bool is_events(std::string_view type) { return type.starts_with("text/event-stream"); }

}  // namespace

asio::awaitable<node_client::answer> node_client::send(std::string method, client_headers headers,
                                                       std::string body, message_handler on_message,
                                                       std::string path) {
  answer got;
  try {
    co_await exchange(got, std::move(method), std::move(headers), std::move(body),
                      std::move(on_message), std::move(path));
  } catch (const boost::system::system_error& e) {
    got.problem = e.code().message();
  }
  stream_.close();
  co_return got;
}

asio::awaitable<void> node_client::exchange(answer& got, std::string method, client_headers headers,
                                            std::string body, message_handler on_message,
                                            std::string path) {
  co_await stream_.connect(to_);
  auto& tcp = stream_.next_layer();
  http::request<http::string_body> request(http::string_to_verb(method), to_.path + path, 11);
  request.set(http::field::host, to_.authority());
  if (!to_.key.empty()) request.set(http::field::authorization, "Bearer " + to_.key);
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::move(body);
  request.prepare_payload();
  tcp.expires_after(timeout_);
  co_await http::async_write(stream_, request, use_awaitable);

  beast::flat_buffer buffer;
  http::response_parser<http::empty_body> head;
  head.body_limit(boost::none);
  co_await http::async_read_header(stream_, buffer, head, use_awaitable);
  got.status = head.get().result_int();
  got.session = std::string(head.get()["Mcp-Session-Id"]);
  got.allowed_origin = std::string(head.get()[http::field::access_control_allow_origin]);
  got.type = std::string(head.get()[http::field::content_type]);
  if (!is_events(got.type)) {
    http::response_parser<http::string_body> whole(std::move(head));
    whole.body_limit(limits::bridge_message_bytes_max);
    co_await http::async_read(stream_, buffer, whole, use_awaitable);
    got.body = std::move(whole.get().body());
    co_return;
  }
  http::response_parser<http::buffer_body> events(std::move(head));
  event_reader reader(std::move(on_message));
  while (!events.is_done() && !cancelled_) {
    char piece[8192];
    events.get().body().data = piece;
    events.get().body().size = sizeof piece;
    tcp.expires_after(timeout_);
    error_code ec;
    co_await http::async_read_some(stream_, buffer, events,
                                   asio::redirect_error(use_awaitable, ec));
    reader.take({piece, sizeof piece - events.get().body().size});
    if (ec && ec != http::error::need_buffer) throw boost::system::system_error(ec);
    if (reader.is_too_long()) got.problem = "one event of the node is longer than any may be";
    if (!got.problem.empty()) break;
  }
}

void node_client::cancel() {
  cancelled_ = true;
  stream_.next_layer().cancel();
}

}  // namespace chat
