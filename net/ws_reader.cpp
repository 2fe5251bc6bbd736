#include "net/ws_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using kind = ws_event::kind;

enum opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close_ = 8,
  ping = 9,
  pong = 10
};
constexpr std::size_t header_bytes_max = 14;
constexpr std::uint64_t control_bytes_max = 125;
// Clients that cut messages up cut them into pieces of some kilobytes.
constexpr std::uint64_t short_piece_bytes = 1024;

bool is_control(std::uint8_t op) { return op >= close_; }

std::uint64_t read_number(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// XORs with the mask, of which `phase` bytes are used up. Eight bytes at a time, then the rest.
void unmask(std::span<char> bytes, std::uint32_t mask, std::size_t phase) {
  char key[8];
  for (std::size_t i = 0; i < sizeof(key); ++i)
    key[i] = reinterpret_cast<const char*>(&mask)[(phase + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, key, sizeof(wide));
  std::size_t i = 0;
  for (; i + sizeof(wide) <= bytes.size(); i += sizeof(wide)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, sizeof(word));
  }
  for (; i < bytes.size(); ++i) bytes[i] ^= key[i % 4];
}

ws_event violation(const close_reason& why) { return {.what = kind::violation, .why = &why}; }

// RFC 6455, 7.4: codes that may stand in a frame.
bool is_sendable(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

ws_event close_event(std::string_view payload) {
  if (payload.empty()) return {.what = kind::close};
  if (payload.size() == 1) return violation(close::protocol_error);
  const auto code = static_cast<std::uint16_t>(read_number(payload.data(), 2));
  if (!is_sendable(code)) return violation(close::protocol_error);
  payload.remove_prefix(2);
  if (!is_utf8(payload)) return violation(close::bad_utf8);
  return {.what = kind::close, .payload = payload, .code = code};
}

// A whole frame or message.
ws_event event_of(std::uint8_t op, std::string_view payload) {
  switch (op) {
    case text:
      if (!is_utf8(payload)) return violation(close::bad_utf8);
      return {.what = kind::text, .payload = payload};
    case binary:
      return {.what = kind::binary, .payload = payload};
    case ping:
      return {.what = kind::ping, .payload = payload};
    case pong:
      return {.what = kind::pong, .payload = payload};
    default:
      return close_event(payload);
  }
}

}  // namespace

struct ws_reader::header {
  bool fin = false;
  std::uint8_t reserved = 0;
  std::uint8_t op = 0;
  bool masked = false;
  bool shortest = true;  // the length is written in the fewest bytes
  std::uint64_t size = 0;
  std::uint32_t mask = 0;
  std::size_t bytes = 0;  // of the header itself; 0: not all of it is there

  static header read(std::span<const char> in) {
    header h;
    if (in.size() < 2) return h;
    const auto first = static_cast<std::uint8_t>(in[0]);
    const auto second = static_cast<std::uint8_t>(in[1]);
    h.fin = (first & 0x80) != 0;
    h.reserved = first & 0x70;
    h.op = first & 0x0f;
    h.masked = (second & 0x80) != 0;
    h.size = second & 0x7f;
    const std::size_t width = h.size < 126 ? 0 : h.size == 126 ? 2 : 8;
    const std::size_t all = 2 + width + (h.masked ? sizeof(h.mask) : 0);
    if (in.size() < all) return h;
    if (width > 0) {
      h.size = read_number(in.data() + 2, width);
      h.shortest = h.size > (width == 2 ? 125U : 0xFFFFU);
    }
    if (h.masked) std::memcpy(&h.mask, in.data() + 2 + width, sizeof(h.mask));
    h.bytes = all;
    return h;
  }
};

struct ws_reader::unfinished {
  char head[header_bytes_max] = {};  // of a frame whose header is not all there
  std::size_t head_bytes = 0;
  header frame;  // the frame at hand, when its header is complete
  bool in_frame = false;
  std::uint64_t frame_done = 0;    // bytes of its payload that came
  std::string control;             // payload of a control frame
  std::uint8_t op = continuation;  // of the message at hand; continuation: none
  std::string message;
  std::size_t checked = 0;  // of the message, whole characters of UTF-8
  bool over = false;        // message or control was given out by the last call
};

ws_reader::ws_reader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
ws_reader::~ws_reader() = default;

const close_reason* ws_reader::check(const header& h) const {
  const bool known = h.op <= binary || (h.op >= close_ && h.op <= pong);
  if (!known || h.reserved != 0 || !h.masked || !h.shortest) return &close::protocol_error;
  if (is_control(h.op))
    return h.fin && h.size <= control_bytes_max ? nullptr : &close::protocol_error;
  const bool in_message = rest_ && rest_->op != continuation;
  if (in_message != (h.op == continuation)) return &close::protocol_error;
  const auto before = in_message ? rest_->message.size() : 0;
  return h.size <= message_bytes_max_ - before ? nullptr : &close::too_big;
}

ws_event ws_reader::next(std::span<char>& input) {
  if (rest_ && rest_->over) {
    rest_->over = false;
    rest_->control.clear();
    // A message given out, and nothing else begun: the buffer has done its work.
    if (rest_->op == continuation) rest_.reset();
  }
  if (!rest_) {
    const auto event = next_whole(input);
    if (event.what != kind::none || input.empty()) return event;
    rest_ = std::make_unique<unfinished>();
  }
  return next_piece(input);
}

// The common case: a whole message in one frame, or a whole control frame. `none` leaves the input.
ws_event ws_reader::next_whole(std::span<char>& input) {
  const auto h = header::read(input);
  if (h.bytes == 0) return {};
  if (const auto* why = check(h)) return violation(*why);
  if (!h.fin || input.size() - h.bytes < h.size) return {};
  const auto payload = input.subspan(h.bytes, h.size);
  unmask(payload, h.mask, 0);
  input = input.subspan(h.bytes + h.size);
  return event_of(h.op, {payload.data(), payload.size()});
}

// Takes as much as there is of the frame at hand; a frame that is all there is looked at at once.
ws_event ws_reader::next_piece(std::span<char>& input) {
  auto& r = *rest_;
  while (true) {
    if (!r.in_frame) {
      if (input.empty()) return {};
      r.head[r.head_bytes++] = input.front();
      input = input.subspan(1);
      r.frame = header::read({r.head, r.head_bytes});
      if (r.frame.bytes == 0) continue;
      if (const auto* why = check(r.frame)) return violation(*why);
      r.head_bytes = 0;
      r.in_frame = true;
      r.frame_done = 0;
      if (!is_control(r.frame.op) && r.frame.op != continuation) r.op = r.frame.op;
    }
    const auto count = std::min<std::uint64_t>(input.size(), r.frame.size - r.frame_done);
    const auto piece = input.first(count);
    unmask(piece, r.frame.mask, r.frame_done % 4);
    auto& into = is_control(r.frame.op) ? r.control : r.message;
    into.append(piece.data(), piece.size());
    r.frame_done += count;
    input = input.subspan(count);
    if (r.op == text && !is_control(r.frame.op)) {
      const auto whole = utf8_prefix(std::string_view(r.message).substr(r.checked));
      if (!whole) return violation(close::bad_utf8);
      r.checked += *whole;
    }
    if (r.frame_done < r.frame.size) return {};
    r.in_frame = false;
    const auto event = end_of_frame();
    if (event.what != kind::none) return event;
  }
}

ws_event ws_reader::end_of_frame() {
  auto& r = *rest_;
  if (is_control(r.frame.op)) {
    r.over = true;
    return event_of(r.frame.op, r.control);
  }
  if (!r.frame.fin) {
    const bool is_short = r.frame.op == continuation && r.frame.size < short_piece_bytes;
    return {.what = is_short ? kind::piece : kind::none};
  }
  if (r.op == text && r.checked < r.message.size()) return violation(close::bad_utf8);
  r.over = true;
  const auto what = r.op == text ? kind::text : kind::binary;
  r.op = continuation;
  return {.what = what, .payload = r.message};
}

}  // namespace chat
