// What clients get: frames and the payloads in them.

#include "model/wire.hpp"

#include <catch2/catch.hpp>

#include "model/json_reader.hpp"
#include "model/limits.hpp"

using namespace chat;

namespace {

/// The header of a text frame around so many bytes, in hexadecimal.
std::string header_of(std::size_t payload_bytes) {
  std::string out;
  append_ws_frame(out, ws_opcode::text, std::string(payload_bytes, 'x'));
  REQUIRE(out.size() > payload_bytes);
  REQUIRE(out.ends_with(std::string(payload_bytes, 'x')));
  std::string hex;
  for (std::size_t i = 0; i < out.size() - payload_bytes; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(out[i]);
    if (i > 0) hex += ' ';
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

/// The payload of a frame shorter than 126 bytes or of one with a two-byte length.
std::string payload(const std::string& frame) {
  return frame.substr(static_cast<unsigned char>(frame[1]) < 126 ? 2 : 4);
}

message sample() {
  message m;
  m.seq = 42;
  m.timestamp_ms = 1'700'000'000'123;
  m.sender = "Ada \"A\"";
  m.author = "sess-secret";
  m.client_id = "c-1";
  m.text = "hi\n\\ 😀";
  return m;
}

}  // namespace

TEST_CASE("a frame's length is written in the fewest bytes", "[model]") {
  CHECK(header_of(0) == "81 00");
  CHECK(header_of(1) == "81 01");
  CHECK(header_of(125) == "81 7d");
  CHECK(header_of(126) == "81 7e 00 7e");
  CHECK(header_of(255) == "81 7e 00 ff");
  CHECK(header_of(256) == "81 7e 01 00");
  CHECK(header_of(65'535) == "81 7e ff ff");
  CHECK(header_of(65'536) == "81 7f 00 00 00 00 00 01 00 00");
}

TEST_CASE("a binary frame says so", "[model]") {
  std::string out;
  append_ws_frame(out, ws_opcode::binary, "x");
  CHECK(out == "\x82\x01x");
}

TEST_CASE("frames are appended one behind the other", "[model]") {
  std::string out;
  append_pong(out);
  append_typing(out, "Ada");
  CHECK(out == "\x81\x0f{\"type\":\"pong\"}\x81\x22{\"type\":\"typing\",\"nickname\":\"Ada\"}");
}

TEST_CASE("a message shows neither its author nor the sender's own id for it", "[model]") {
  std::string out;
  append_message(out, sample());
  CHECK(payload(out) == R"({"type":"message","id":"m0000000000000042","sender":"Ada \"A\"",)"
                        R"("text":"hi\n\\ 😀","timestamp":1700000000123})");
}

TEST_CASE("its sender gets a message with the clientMessageId", "[model]") {
  std::string out;
  append_own_message(out, sample());
  CHECK(payload(out) == R"({"type":"message","id":"m0000000000000042","sender":"Ada \"A\"",)"
                        R"("text":"hi\n\\ 😀","timestamp":1700000000123,"clientMessageId":"c-1"})");
}

TEST_CASE("a message without clientMessageId is the same for its sender", "[model]") {
  auto m = sample();
  m.client_id.clear();
  std::string own;
  std::string other;
  append_own_message(own, m);
  append_message(other, m);
  CHECK(own == other);
}

TEST_CASE("each frame has the fields of the contract", "[model]") {
  const auto payload_of = [](auto append) {
    std::string out;
    append(out);
    return payload(out);
  };
  const std::vector<std::string> names{"Ada", "B\"b"};
  CHECK(payload_of([&](auto& out) {
          append_welcome(out, {"general", "sess-1", names, 7, 0});
        }) == R"({"type":"welcome","roomId":"general","sessionId":"sess-1",)"
              R"("participants":["Ada","B\"b"],"participantCount":7,"lastMessageId":null})");
  CHECK(payload_of([&](auto& out) {
          append_welcome(out, {"general", "sess-1", {}, 0, 3});
        }) == R"({"type":"welcome","roomId":"general","sessionId":"sess-1",)"
              R"("participants":[],"participantCount":0,"lastMessageId":"m0000000000000003"})");
  CHECK(payload_of([](auto& out) { append_user_joined(out, "A\\", 5); }) ==
        R"({"type":"user_joined","nickname":"A\\","timestamp":5})");
  CHECK(payload_of([](auto& out) { append_user_left(out, "A", 5); }) ==
        R"({"type":"user_left","nickname":"A","timestamp":5})");
  CHECK(payload_of([](auto& out) { append_reaction(out, 2, "👍", "A", 5); }) ==
        R"({"type":"reaction","messageId":"m0000000000000002","emoji":"👍","nickname":"A",)"
        R"("timestamp":5})");
}

TEST_CASE("an error frame names the message refused and whether to try again", "[model]") {
  std::string out;
  append_error(out, make_failure(errc::forbidden, "No", "Go"));
  CHECK(payload(out) == R"({"type":"error","message":"No","code":"FORBIDDEN","suggestion":"Go"})");
  out.clear();
  append_error(out, make_failure(errc::overloaded, "No", "Go"), "c\"1");
  CHECK(payload(out) == R"({"type":"error","message":"No","code":"OVERLOADED","suggestion":"Go",)"
                        R"("retryable":true,"clientMessageId":"c\"1"})");
}

TEST_CASE("the longest message there can be is one frame that can be read", "[model]") {
  auto m = sample();
  m.text = std::string(limits::text_units_max, '\0');  // six bytes each as JSON
  m.client_id = std::string(limits::client_message_id_units_max, '\x01');
  std::string out;
  append_own_message(out, m);
  const auto root = parse_json(payload(out));
  REQUIRE(root);
  CHECK(text_member(*root, "text") == m.text);
  CHECK(text_member(*root, "clientMessageId") == m.client_id);
}

TEST_CASE("frames are taken apart as they were put together", "[model]") {
  message m;
  m.seq = 42;
  m.text = std::string(400, 'x');
  const std::string long_text(70'000, 'y');
  std::string bytes;
  append_typing(bytes, R"(","id":"m0000000000000001)");
  append_message(bytes, m);
  message change;
  change.seq = 43;
  change.target = 42;
  change.kind = message_kind::edit;
  change.text = "x";
  append_message(bytes, change);
  change.seq = 44;
  change.kind = message_kind::deletion;
  append_message(bytes, change);
  append_ws_frame(bytes, ws_opcode::text, long_text);
  append_ws_frame(bytes, ws_opcode::text, "");
  std::string_view frames = bytes;
  CHECK(message_id_of(take_ws_payload(frames)).empty());
  CHECK(message_id_of(take_ws_payload(frames)) == "m0000000000000042");
  CHECK(message_id_of(take_ws_payload(frames)) == "m0000000000000043");
  CHECK(message_id_of(take_ws_payload(frames)) == "m0000000000000044");
  CHECK(take_ws_payload(frames) == long_text);
  CHECK(take_ws_payload(frames).empty());
  CHECK(frames.empty());
}
