// The load harness notices what it promises to notice: each broken promise of a server that is made
// to break it ends the run and is named.

#include "bench/load/crowd.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "bench/load/clock.hpp"

namespace {

constexpr std::int64_t patience_ns = 5 * bench::ns_per_s;

std::string frame(std::string_view payload) {
  std::string out = "\x81";
  REQUIRE(payload.size() < 126);
  out += static_cast<char>(payload.size());
  return out.append(payload);
}

// Message `number` of author 0 with an id.
std::string message_frame(int id, int number, const std::string& more = ".") {
  return R"({"type":"message","id":"m)" + std::to_string(id) + R"(","text":"0-)" +
         std::to_string(number) + '-' + more + "\"}";
}

// Two members in a room, the first of which has said three messages; the test says what they get.
class rig {
 public:
  rig() {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    socklen_t size = sizeof(where);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
    people = std::make_unique<bench::crowd>(sockets, where, 24, 1);
    ada = &join("null");
    bob = &join("null");
    for (int i = 0; i < 3; ++i) people->say(*ada, bench::now_ns());
  }
  ~rig() {
    for (const int fd : ends_) ::close(fd);
    ::close(listener_);
  }

  /// Lets one more in, welcomed behind `last_id`.
  bench::member& join(const std::string& last_id) {
    auto& m = people->connect(0, "/rooms/bench-0");
    ends_.push_back(accept(listener_, nullptr, nullptr));
    send_bytes(ends_.size() - 1,
               "HTTP/1.1 101 Switching Protocols\r\n\r\n" +
                   frame(R"({"type":"welcome","lastMessageId":)" + last_id + '}'));
    const auto wanted = people->open_count() + 1;
    sockets.until("a member", patience_ns, [&] { return people->open_count() == wanted; });
    return m;
  }
  void send_bytes(std::size_t whom, const std::string& bytes) {
    REQUIRE(::send(ends_[whom], bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  void give(std::size_t whom, const std::vector<std::string>& payloads) {
    for (const auto& p : payloads) send_bytes(whom, frame(p));
  }
  void hang_up(std::size_t whom) { shutdown(ends_[whom], SHUT_RDWR); }

  /// What ends the run; "complete" when nothing does.
  std::string outcome(std::int64_t patience = patience_ns) {
    try {
      people->drain(patience);
      for (int i = 0; i < 10; ++i) sockets.turn(bench::ns_per_ms);  // what still comes
    } catch (const bench::run_failure& e) {
      return e.what();
    }
    return "complete";
  }

  bench::poller sockets;
  std::unique_ptr<bench::crowd> people;
  bench::member* ada;
  bench::member* bob;

 private:
  int listener_;
  std::vector<int> ends_;
};

const std::vector<std::string> all = {message_frame(1, 0), message_frame(2, 1),
                                      message_frame(3, 2)};

}  // namespace

TEST_CASE("a room where everybody gets everything is complete", "[bench]") {
  rig r;
  r.people->measuring = true;
  r.give(0, all);
  r.give(1, all);
  CHECK(r.outcome() == "complete");
  CHECK(r.people->counted.deliveries == 6);
  CHECK(r.people->counted.messages == 3);
  CHECK(r.people->counted.latency.count() == 6);
}

TEST_CASE("a loss, a repeat, a swap and a change are named", "[bench]") {
  const std::pair<std::vector<std::string>, std::string> rows[] = {
      {{all[0], all[1]}, "member 1 in room 0: never got " + all[2]},
      {{all[0], all[2]}, "member 1 in room 0: got " + all[2] + " where others got " + all[1]},
      {{all[0], all[0]}, "member 1 in room 0: got " + all[0] + " where others got " + all[1]},
      {{all[1], all[0], all[2]},
       "member 1 in room 0: got " + all[0] + " where others got " + all[2]},
      {{all[0], all[1], message_frame(3, 2, "?")},
       "member 1 in room 0: got " + message_frame(3, 2, "?") + " where others got " + all[2]},
  };
  for (const auto& [bobs, wanted] : rows) {
    rig r;
    r.give(0, all);
    r.sockets.until("Ada's messages", patience_ns, [&] { return r.people->log(0).end() == 3; });
    r.give(1, bobs);
    CHECK(r.outcome(bench::ns_per_s) == wanted);
  }
}

const std::string spam = R"({"type":"message","id":"m2","text":"spam"})";

TEST_CASE("what nobody said, ids that do not rise, and a message never published are named",
          "[bench]") {
  const std::pair<std::vector<std::string>, std::string> rows[] = {
      {{all[0], message_frame(1, 1)},
       "member 0 in room 0: got an id that does not rise: " + message_frame(1, 1)},
      {{all[0], all[2]}, "member 0 in room 0: got message 2 of author 0 where 1 was due"},
      {{message_frame(1, 0), spam}, "member 0 in room 0: got what nobody here said: " + spam},
      {{R"({"type":"error","code":"OVERLOADED"})"},
       R"(member 0 in room 0: got {"type":"error","code":"OVERLOADED"})"},
      {{all[0], all[1]}, "message 2 of author 0 was never published"},
  };
  for (const auto& [everybodys, wanted] : rows) {
    rig r;
    r.give(0, everybodys);
    try {
      r.sockets.until("two messages", patience_ns, [&] { return r.people->log(0).end() == 2; });
      r.give(1, everybodys);
      CHECK(r.outcome(bench::ns_per_s) == wanted);
    } catch (const bench::run_failure& e) {
      CHECK(e.what() == wanted);
    }
  }
}

TEST_CASE("a socket that ends unasked ends the run, with its close code", "[bench]") {
  rig r;
  r.send_bytes(1, std::string("\x88\x02\x0f\xa8", 4));  // 4008
  CHECK(r.outcome() == "member 1 in room 0: was closed with code 4008");
  rig s;
  s.hang_up(0);
  CHECK(s.outcome() == "member 0 in room 0: was closed with code 0");
}

TEST_CASE("one who comes later is held to what follows its welcome", "[bench]") {
  rig r;
  r.give(0, {all[0], all[1]});
  r.give(1, {all[0], all[1]});
  r.sockets.until("two messages", patience_ns, [&] { return r.bob->position == 2; });
  r.join("\"m2\"");
  r.give(0, {all[2]});
  r.give(1, {all[2]});
  r.give(2, {all[2]});
  CHECK(r.outcome() == "complete");

  r.people->say(*r.ada, bench::now_ns());
  r.people->say(*r.ada, bench::now_ns());
  r.join("\"m3\"");
  const auto fourth = message_frame(4, 3);
  const auto fifth = message_frame(5, 4);
  for (std::size_t whom = 0; whom < 3; ++whom) r.give(whom, {fourth, fifth});
  r.sockets.until("the others", patience_ns, [&] { return r.people->log(0).end() == 5; });
  r.give(3, {fifth});
  CHECK(r.outcome() == "member 3 in room 0: was welcomed at m3 and first got the one after m4");
}

TEST_CASE("one who comes later may be read before those who were there", "[bench]") {
  rig r;
  r.give(0, {all[0]});
  r.give(1, {all[0]});
  r.sockets.until("a message", patience_ns, [&] { return r.bob->position == 1; });
  r.join("\"m2\"");
  const auto& carol = *r.people->members().back();
  r.give(2, {all[2]});
  r.sockets.until("its message", patience_ns, [&] { return carol.early.size() == 1; });
  r.give(0, {all[1], all[2]});
  r.give(1, {all[1], all[2]});
  SECTION("and is held to the same") { CHECK(r.outcome() == "complete"); }
  SECTION("also when it gets something else") {
    r.give(2, {all[2]});
    CHECK(r.outcome() == "member 2 in room 0: got message 2 of author 0 where 3 was due");
  }
}
