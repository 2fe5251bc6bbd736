// The input twice: as the bytes of a WebSocket after its upgrade, and as the text in it. Frames
// mean the same however they are cut; a text that is taken comes back as it was.

#include <algorithm>

#include "bench/load/client_frame.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"
#include "model/wire.hpp"
#include "net/ws_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat {

namespace {

using fuzz::dice;
using fuzz::promise;
using kind = ws_event::kind;

void check_event(const ws_event& event, std::size_t message_bytes_max) {
  const bool is_message = event.what == kind::text || event.what == kind::binary;
  promise(event.payload.size() <= (is_message ? message_bytes_max : 125), "a payload is bounded");
  promise((event.what == kind::violation) == (event.why != nullptr), "a violation has its reason");
  if (event.what == kind::text || event.what == kind::close)
    promise(is_utf8(event.payload), "a text is UTF-8");
  // RFC 6455, 7.4.2.
  promise(event.code == 0 || (event.code >= 1000 && event.code < 5000), "a close code may be sent");
}

// Everything that comes of these bytes, which come in pieces of such sizes.
template <class Size>
std::string story_of(std::string bytes, std::size_t message_bytes_max, Size piece_size) {
  static const char* const names[] = {"none", "text",  "binary", "ping",
                                      "pong", "close", "bad",    "piece"};
  ws_reader reader(message_bytes_max);
  std::string story;
  for (std::size_t at = 0; at < bytes.size();) {
    std::string piece = bytes.substr(at, piece_size());  // of its own: its ends are watched
    at += piece.size();
    std::span<char> rest(piece);
    for (;;) {
      const auto event = reader.next(rest);
      if (event.what == kind::none) break;
      check_event(event, message_bytes_max);
      story.append(names[static_cast<int>(event.what)]).append(" ").append(event.payload);
      if (event.why) return story + std::to_string(event.why->code);
      if (event.what == kind::close) return story + std::to_string(event.code);
      story += '\n';
    }
    promise(rest.empty(), "who needs more has taken everything");
  }
  return story;
}

void check_as_frames(std::string_view input) {
  const std::string bytes(input);
  constexpr std::size_t message_bytes_max = 200;  // so that inputs reach it
  dice random(input);
  const auto whole = story_of(bytes, message_bytes_max, [&] { return bytes.size(); });
  fuzz::promise_same(whole, story_of(bytes, message_bytes_max, [&] { return random.piece(); }),
                     "frames do not depend on how their bytes come");
  fuzz::promise_same(whole, story_of(bytes, message_bytes_max, [] { return std::size_t{1}; }),
                     "nor when they come one by one");
}

// `text` as a client may send it: in one to four fragments, with pings between them.
std::string fragmented(std::string_view text, dice& random) {
  constexpr unsigned char text_frame = 1, continuation = 0, ping = 9;
  constexpr char fin = '\x80';
  std::string out;
  auto opcode = text_frame;
  for (auto fragments = random.roll(4); fragments > 0; --fragments) {
    const auto first = out.size();
    const auto size = random.roll(text.size() + 1);
    bench::append_client_frame(out, opcode, text.substr(0, size));
    out[first] = static_cast<char>(out[first] ^ fin);
    bench::append_client_frame(out, ping, "?");
    text.remove_prefix(size);
    opcode = continuation;
  }
  bench::append_client_frame(out, opcode, text);
  return out;
}

// The payload of the one frame that the node sends.
std::string_view payload_of(std::string_view frame) {
  const auto parsed = bench::parse_server_frame(frame);
  promise(parsed.opcode == 1 && parsed.size == frame.size(), "the node sends whole text frames");
  return parsed.payload;
}

void promise_units(std::string_view text, std::size_t max) {
  const auto units = utf16_length(text);
  promise(units && *units >= 1 && *units <= max, "a text is valid Unicode, of 1 to max units");
}

void check_same_text(std::string_view json, std::string_view name, std::string_view text) {
  const auto root = parse_json(json);
  promise(root.has_value(), "what the node sends is JSON");
  promise(text_member(*root, name) == text, "a text goes out as it came in");
}

void check_taken(const client_event& event) {
  std::string frame;
  if (event.what == client_event::kind::message) {
    promise_units(event.text, limits::text_units_max);
    if (!event.client_id.empty())
      promise_units(event.client_id, limits::client_message_id_units_max);
    const message stored{1, 1, "Ada", "sess-1", event.client_id, event.text};
    append_own_message(frame, stored);
    check_same_text(payload_of(frame), "text", event.text);
    promise(payload_of(frame).size() <= encoded_bytes_max(stored) + 6 * event.client_id.size() + 32,
            "a frame is as large as is reckoned with");
  }
  if (event.what == client_event::kind::reaction) {
    promise_units(event.message_id, limits::credential_units_max);
    promise_units(event.emoji, limits::emoji_units_max);
    append_reaction(frame, 1, event.emoji, "Ada", 1);
    check_same_text(payload_of(frame), "emoji", event.emoji);
  }
  promise(event.token.size() <= limits::credential_units_max, "a token is bounded");
}

void check_as_text(std::string_view text) {
  dice random(text);
  const auto frames = fragmented(text, random);
  auto story = story_of(frames, limits::ws_message_bytes_max, [&] { return random.piece(); });
  while (story.starts_with("ping ?\n") || story.starts_with("piece \n")) story.erase(0, 7);
  if (!is_utf8(text))
    return fuzz::promise_same("bad 1007", story, "what is not UTF-8 does not arrive");
  fuzz::promise_same("text " + std::string(text) + '\n', story, "a text arrives as it was sent");
  std::string json = R"({"type":"message","text":)";
  append_json_string(json, text);
  const auto event = decode_client_event(json + '}');
  const auto units = *utf16_length(text);
  promise(event.has_value() == (units >= 1 && units <= limits::text_units_max),
          "a message is taken for its length");
  if (!event) return;
  promise(event->text == text, "a message says what was written");
  check_taken(*event);
}

void check_as_json(std::string_view json) {
  const auto event = decode_client_event(json);
  if (event) return check_taken(*event);
  std::string frame;
  append_error(frame, event.error());
  check_same_text(payload_of(frame), "suggestion", event.error().suggestion);
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto input = fuzz::text_of(data, size);
  check_as_frames(input);
  check_as_text(input);
  check_as_json(input);
  return 0;
}
