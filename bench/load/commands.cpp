// Commands over kept-alive HTTP, each connection asking the next one when it has its answer.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/caller.hpp"
#include "bench/load/clock.hpp"
#include "bench/load/room_log.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

// Messages under way while the room is filled.
constexpr std::uint32_t filling_window = 64;
constexpr std::int64_t fill_timeout_ns = 300 * ns_per_s;

// One command as it is asked, and what its answer has to hold.
struct question {
  std::string name;
  std::string body;
  std::string wanted;
};

// What was stored: where a poll begins, and where its page has to end.
struct stored_ids {
  std::string since;
  std::string last;
};

// A visitor says `stored` messages.
stored_ids fill_room(run& r) {
  if (r.set.page == 0 || r.set.page >= r.set.stored)
    throw run_failure("--page must be smaller than --stored");
  crowd all(r.sockets, r.target.address(), r.set.text_bytes, 1);
  const auto first = r.set.oldest ? 1 : r.set.stored - r.set.page;
  stored_ids ids;
  auto& visitor = all.connect(0, r.target.ticket(0, "visitor"));
  r.sockets.until("a visitor to join", ns_per_s, [&] { return all.open_count() == 1; });
  std::uint32_t said = 0;
  std::uint32_t heard = 0;
  all.on_own = [&](member& m, std::int64_t now) {
    const auto& log = all.log(0);
    const auto id = json_text(log.at(log.end() - 1).bytes, R"("id":)");
    ++heard;
    if (heard == first) ids.since = id;
    if (heard == first + r.set.page) ids.last = id;
    if (said < r.set.stored) {
      ++said;
      all.say(m, now);
    }
  };
  while (said < std::min(filling_window, r.set.stored)) {
    ++said;
    all.say(visitor, now_ns());
  }
  r.sockets.until("the room to be filled", fill_timeout_ns, [&] {
    r.bar.show("filling the room", static_cast<double>(heard) / r.set.stored);
    return heard == r.set.stored;
  });
  return ids;
}

// A session to ask about, and a page of messages to poll.
std::vector<question> prepare(run& r) {
  const auto ids = fill_room(r);
  const auto opened = r.target.call("chat-connect", connect_input(0, "visitor"));
  const auto session = std::string(json_text(opened, R"("sessionId":)"));
  return {
      {"chat-status", rpc_body("chat-status", R"({"sessionId":")" + session + R"("})"),
       R"("state":"pending")"},
      {"chat-poll",
       rpc_body("chat-poll", R"({"roomId":")" + room_name(0) + R"(","since":")" + ids.since +
                                 R"(","limit":)" + std::to_string(r.set.page) + '}'),
       R"("lastMessageId":")" + ids.last + '"'},
      {"chat-send",
       rpc_body("chat-send", R"({"roomId":")" + room_name(0) + R"(","text":")" +
                                 std::string(r.set.text_bytes, 'y') + R"("})"),
       R"("messageId":"m)"},
  };
}

}  // namespace

std::string sample_command_answer(run& r) {
  for (const auto& q : prepare(r)) {
    if (q.name != r.set.command) continue;
    std::string answer;
    caller c(r.sockets, r.target.address(), [&](caller&, std::string_view body) { answer = body; });
    c.ask("/rpc", q.body);
    r.sockets.until("an answer", 10 * ns_per_s, [&] { return !answer.empty(); });
    return answer;
  }
  throw run_failure("there is no command " + r.set.command + " to ask");
}

figures run_commands(run& r) {
  // A peer gives one and the same answer to everything.
  std::vector<question> questions = {{"", rpc_body("chat-poll", "{}"), R"("success":true)"}};
  if (r.target.is_node()) questions = prepare(r);
  if (r.target.is_node() && r.set.command != "all") {
    std::erase_if(questions, [&](const question& q) { return q.name != r.set.command; });
    if (questions.empty())
      throw run_failure("the scenario commands does not know " + r.set.command);
  }
  struct asked {
    std::size_t next = 0;
    std::int64_t at_ns = 0;
  };
  std::vector<std::unique_ptr<caller>> callers;
  std::vector<asked> state(r.set.connections);
  std::uint64_t answers = 0;
  histogram latency;
  bool asking = true;
  const auto ask = [&](std::size_t i, std::int64_t now) {
    state[i].at_ns = now;
    callers[i]->ask("/rpc", questions[state[i].next % questions.size()].body);
  };
  for (std::size_t i = 0; i < r.set.connections; ++i) {
    state[i].next = i;
    callers.push_back(std::make_unique<caller>(
        r.sockets, r.target.address(), [&, i](caller&, std::string_view body) {
          const auto now = now_ns();
          if (body.find(questions[state[i].next % questions.size()].wanted) ==
              std::string_view::npos)
            throw run_failure("not the answer to " +
                              questions[state[i].next % questions.size()].body + ": " +
                              std::string(body));
          ++answers;
          latency.record(now - state[i].at_ns);
          ++state[i].next;
          if (asking) ask(i, now);
        }));
  }
  for (std::size_t i = 0; i < r.set.connections; ++i) ask(i, now_ns());
  auto f = measure(
      r, {.unit = "answers", .count = [&] { return answers; }, .on_begin = [&] { latency = {}; }});
  asking = false;
  r.sockets.until("the last answers", 10 * ns_per_s, [&] {
    return std::ranges::none_of(callers, [](const auto& c) { return c->is_waiting(); });
  });
  f.latency = latency;
  f.latency_of = "from asking to the whole answer";
  return f;
}

}  // namespace bench
