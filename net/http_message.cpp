#include "net/http_message.hpp"

#include <algorithm>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/serializer.hpp>

#include "model/command_result.hpp"
#include "net/asio.hpp"

namespace chat {

namespace {

// A request target taken apart; `authority` only where it is in absolute form.
struct target_parts {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

target_parts split_target(std::string_view target) {
  target_parts parts;
  if (!target.starts_with('/')) {
    if (const auto scheme = target.find("://"); scheme != std::string_view::npos) {
      target.remove_prefix(scheme + 3);
      const auto end = std::min(target.find_first_of("/?"), target.size());
      parts.authority = target.substr(0, end);
      target.remove_prefix(end);
    }
  }
  const auto question = target.find('?');
  parts.path = target.substr(0, question);
  if (question != std::string_view::npos) parts.query = target.substr(question + 1);
  if (parts.path.empty() && !parts.authority.empty()) parts.path = "/";
  return parts;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

std::string serialise(http::response<http::string_body>& message) {
  std::string wire;
  wire.reserve(512 + message.body().size());
  http::response_serializer<http::string_body> serializer(message);
  const auto append = [&](error_code& ec, const auto& buffers) {
    ec = {};
    std::size_t bytes = 0;
    for (const auto part : beast::buffers_range_ref(buffers)) {
      wire.append(static_cast<const char*>(part.data()), part.size());
      bytes += part.size();
    }
    serializer.consume(bytes);
  };
  error_code ec;  // a string body cannot fail
  while (!ec && !serializer.is_done()) serializer.next(ec, append);
  return wire;
}

}  // namespace

std::string_view http_request::sent_path() const { return split_target(message_.target()).path; }

std::string_view http_request::path() const {
  auto path = sent_path();
  path.remove_prefix(std::min(base_path_size_, path.size()));
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.empty() && base_path_size_ > 0 ? "/" : path;
}

void http_request::set_proxy(std::optional<forwarded> said) {
  proxy_ = std::move(said);
  if (!proxy_) return;
  peer_ = proxy_->client.to_string();
  if (!proxy_->proto.empty())
    secure_ = beast::iequals(proxy_->proto, "https") || beast::iequals(proxy_->proto, "wss");
}

std::string_view http_request::query() const { return split_target(message_.target()).query; }

std::string_view http_request::header(std::string_view name) const {
  return message_[beast::string_view(name.data(), name.size())];
}

std::string_view http_request::host() const {
  if (proxy_ && !proxy_->host.empty()) return proxy_->host;
  const auto parts = split_target(message_.target());
  return parts.authority.empty() ? header(http::field::host) : parts.authority;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (percent_decode(pair.substr(0, equals), true) != name) continue;
    return percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
  }
  return std::nullopt;
}

http_response json_response(unsigned status, std::string json) {
  return {.status = status, .content_type = "application/json", .body = std::move(json)};
}

http_response refusal(unsigned status, const failure& why) {
  auto answer = json_response(status, R"({"error":)" + encode_error(why) + '}');
  add_retry_after(answer, why.retry_after_ms);
  return answer;
}

void add_retry_after(http_response& answer, std::int64_t ms) {
  if (ms > 0) answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds(ms)));
}

std::string to_wire(http_response response, answer_form form) {
  http::response<http::string_body> out;
  out.version(11);
  out.result(response.status);
  out.set(http::field::server, "chatd/" CHATD_VERSION);
  out.set("X-Content-Type-Options", "nosniff");
  out.set(http::field::cache_control, "no-store");
  if (!response.content_type.empty()) out.set(http::field::content_type, response.content_type);
  // nginx would hold events back, and with them the head.
  if (response.content_type == "text/event-stream") out.set("X-Accel-Buffering", "no");
  for (const auto& [name, value] : response.headers) out.set(name, value);
  if (!form.keep_alive) out.keep_alive(false);
  if (has_body(response.status)) {
    if (!response.stream && !form.endless) out.content_length(response.body.size());
    if (!form.head_only) out.body() = std::move(response.body);
  }
  return serialise(out);
}

}  // namespace chat
