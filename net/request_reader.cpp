#include "net/request_reader.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>

#include "model/limits.hpp"
#include "net/http_list.hpp"

namespace chat {

namespace {

constexpr std::size_t read_bytes = 8 * 1024;
// Bodies leave the buffer as they come.
constexpr std::size_t buffer_bytes_max = limits::http_header_bytes_max + read_bytes;
// The shortest end of a chunked body, `0 CRLF CRLF`. Beast 1.81 asserts that it sees no less.
constexpr std::size_t chunked_end_bytes = 5;

}  // namespace

request_reader::request_reader() : buffer_(buffer_bytes_max) {}

asio::mutable_buffer request_reader::room() {
  return buffer_.prepare(std::min(read_bytes, buffer_bytes_max - buffer_.size()));
}

// Old clients send one behind a body (RFC 9112, 2.2).
void request_reader::skip_empty_lines() {
  while (buffer_.size() > 0) {
    const char first = *static_cast<const char*>(buffer_.data().data());
    if (first != '\r' && first != '\n') return;
    buffer_.consume(1);
  }
}

request_reader::outcome request_reader::parse() {
  if (!parser_) {
    skip_empty_lines();
    if (buffer_.size() == 0) return outcome::need_more;
    parser_.emplace();
    parser_->header_limit(limits::http_header_bytes_max);
    parser_->body_limit(limits::http_body_bytes_max);
    head_bytes_ = 0;
  }
  while (buffer_.size() > 0 && !parser_->is_done()) {
    const bool in_chunks = parser_->is_header_done() && parser_->chunked();
    if (in_chunks && buffer_.size() < chunked_end_bytes) break;
    const auto before = buffer_.size();
    if (parse_some() == outcome::refused) return outcome::refused;
    if (buffer_.size() == before) break;
  }
  if (!parser_->is_done()) {
    // Only the size line of a chunk, or trailers, can fill it: heads are refused earlier.
    if (buffer_.size() < buffer_bytes_max) return outcome::need_more;
    return refuse(parse_refusal(http::error::bad_chunk));
  }
  if (parser_->chunked()) parser_->get().base() = std::move(head_);
  return outcome::complete;
}

// One step of the parser: up to the end of the head, then as far as it gets.
request_reader::outcome request_reader::parse_some() {
  const bool in_head = !parser_->is_header_done();
  error_code ec;
  const auto used = parser_->put(buffer_.data(), ec);
  buffer_.consume(used);
  if (ec && ec != http::error::need_more) return refuse(parse_refusal(ec));
  if (!in_head) return outcome::need_more;
  // Beast bounds the lines of the head one by one; together they are bounded here.
  head_bytes_ += used;
  if (head_bytes_ > limits::http_header_bytes_max)
    return refuse(parse_refusal(http::error::header_limit));
  if (!parser_->is_header_done()) return outcome::need_more;
  combine_list_headers(parser_->get());
  // Beast adds trailers to the head. Nobody reads them, and what a proxy in front has not seen or
  // checked must not become a header (RFC 9110, 6.5.1).
  if (parser_->chunked()) head_ = parser_->get().base();
  if (auto why = check_head(*parser_)) return refuse(std::move(*why));
  parser_->eager(true);
  expects_continue_ =
      !parser_->is_done() && buffer_.size() == 0 && expects_continue(parser_->get());
  return outcome::need_more;
}

request_reader::outcome request_reader::refuse(http_response why) {
  refusal_ = std::move(why);
  return outcome::refused;
}

bool request_reader::is_head_method() const {
  return parser_ && parser_->get().method() == http::verb::head;
}

http_request::message::header_type request_reader::head_so_far() const {
  http_request::message::header_type head;
  if (!parser_) return head;
  head = parser_->get().base();
  if (!is_in_head()) return head;
  const auto bytes = buffer_.data();
  std::string_view rest(static_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    auto value = take_element(rest, '\n');
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (value.empty()) break;
    const auto name = take_element(value, ':');
    for (const auto field : {http::field::host, http::field::origin})
      if (beast::iequals(name, http::to_string(field)) && head.count(field) == 0)
        head.set(field, {value.data(), value.size()});
  }
  return head;
}

http_request::message request_reader::take_request() {
  auto message = parser_->release();
  parser_.reset();
  return message;
}

std::string request_reader::take_rest() {
  const auto bytes = buffer_.data();
  std::string rest(static_cast<const char*>(bytes.data()), bytes.size());
  buffer_.clear();
  return rest;
}

void request_reader::shrink() {
  if (!has_begun()) buffer_.shrink_to_fit();
}

}  // namespace chat
