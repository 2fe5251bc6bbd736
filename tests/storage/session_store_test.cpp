// Sessions in the store.

#include <limits>

#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

TEST_CASE("every field of a session comes back, until it is removed", "[storage]") {
  const scratch_directory dir;
  session_record sent;
  sent.number = 256;
  sent.session_id = "sess-1";
  sent.room_id = "lobby";
  sent.user_id = std::string("user\0x", 6);
  sent.nickname = "Zoë";
  sent.transport = session_transport::sse;
  sent.kind = participant_kind::agent;
  sent.state = session_state::disconnected;
  sent.end = ended_by::slow;
  sent.reconnects = 3;
  sent.delivered = 1ULL << 40;
  sent.created_ms = 1;
  sent.connected_ms = 2;
  sent.last_activity_ms = 3;
  sent.ended_ms = 4;
  sent.sent = 5;
  sent.received = 6;
  sent.used = {{"one", 7}, {"two", std::numeric_limits<std::int64_t>::max()}};
  {
    const auto s = open_store(dir.path);
    s->stage_session(sent);
    session_record other;
    other.number = 255;
    other.session_id = "sess-2";
    s->stage_session(other);
    REQUIRE(s->commit());
  }
  const auto s = open_store(dir.path);
  const auto sessions = s->sessions().value();
  REQUIRE(sessions.size() == 2);
  const auto& got = sessions[1];  // by their numbers
  CHECK(got.number == sent.number);
  CHECK(got.session_id == sent.session_id);
  CHECK(got.room_id == sent.room_id);
  CHECK(got.user_id == sent.user_id);
  CHECK(got.nickname == sent.nickname);
  CHECK(got.transport == sent.transport);
  CHECK(sessions[0].transport == session_transport::websocket);
  CHECK(got.kind == sent.kind);
  CHECK(got.state == sent.state);
  CHECK(got.end == sent.end);
  CHECK(got.reconnects == sent.reconnects);
  CHECK(got.delivered == sent.delivered);
  CHECK(got.created_ms == sent.created_ms);
  CHECK(got.connected_ms == sent.connected_ms);
  CHECK(got.last_activity_ms == sent.last_activity_ms);
  CHECK(got.ended_ms == sent.ended_ms);
  CHECK(got.sent == sent.sent);
  CHECK(got.received == sent.received);
  REQUIRE(got.used.size() == 2);
  CHECK(got.used[1].id == "two");
  CHECK(got.used[1].expires_s == std::numeric_limits<std::int64_t>::max());
  CHECK(sessions[0].used.empty());
  s->stage_no_session(256);
  s->stage_no_session(7);  // there is none
  REQUIRE(s->commit());
  CHECK(s->sessions().value().size() == 1);
  CHECK(s->rooms().value().empty());  // their keys are none of a room's
}

TEST_CASE("a session's value with any byte cut off or a state unknown is refused", "[storage]") {
  session_record sent;
  sent.room_id = "lobby";
  sent.used = {{"one", 7}};
  std::string value;
  chat::codec::encode(value, sent);
  session_record got;
  REQUIRE(chat::codec::decode(value, got));
  const auto without_token = value.size() - 4 - 8;
  for (std::size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    CHECK(chat::codec::decode(std::string_view(value).substr(0, size), got) ==
          (size == without_token));
  }
  for (const std::size_t at : {0U, 1U, 2U, 3U, 4U}) {  // format, transport, kind, state, end
    auto changed = value;
    changed[at] = 99;
    CHECK_FALSE(chat::codec::decode(changed, got));
  }
}

TEST_CASE("a session as the versions before wrote it is a person's, on a WebSocket", "[storage]") {
  session_record sent;
  sent.room_id = "lobby";
  sent.state = session_state::connected;
  std::string value;
  chat::codec::encode(value, sent);
  session_record got;
  got.kind = participant_kind::agent;
  got.transport = session_transport::sse;
  REQUIRE(chat::codec::decode('\x01' + value.substr(3), got));
  CHECK(got.kind == participant_kind::human);
  CHECK(got.transport == session_transport::websocket);
  CHECK(got.state == session_state::connected);
  CHECK(got.room_id == "lobby");
}
