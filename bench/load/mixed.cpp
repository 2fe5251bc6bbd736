// A day of a node in small: people on sockets talk at the given rate, some of them leave and others
// come; in every room agents poll with `since` and answer with chat-send.

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/caller.hpp"
#include "bench/load/clock.hpp"
#include "bench/load/room_log.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

constexpr std::uint32_t agents_each = 2;  // of a room
constexpr std::int64_t poll_interval_ns = 250 * ns_per_ms;
constexpr int turns_per_send = 4;      // an agent speaks instead of polling
constexpr double churn_each_s = 0.02;  // of the members, how many go in a second
constexpr std::int64_t end_timeout_ns = 20 * ns_per_s;

// One agent: what it reads has to be what the sockets get, each author's messages once, in order.
class agent {
 public:
  /// Reads what the room says after `last_id`, empty for a room without messages.
  agent(run& r, crowd& all, std::uint32_t room, std::string last_id, histogram& answers)
      : all_(all),
        room_(room),
        who_(all.new_author()),
        answers_(answers),
        last_id_(std::move(last_id)),
        http_(r.sockets, r.target.address(),
              [this](caller&, std::string_view body) { on_answer(body); }) {}

  /// Asks what is due; answers when it is due next.
  std::int64_t work(std::int64_t now) {
    if (http_.is_waiting()) return INT64_MAX;
    if (now < next_ns_) return next_ns_;
    next_ns_ = now + poll_interval_ns;
    if (++turns_ % turns_per_send == 0)
      speak(now);
    else
      poll(now);
    return INT64_MAX;
  }

  void poll(std::int64_t now) {
    const auto since = last_id_.empty() ? std::string() : R"(,"since":")" + last_id_ + '"';
    ask(now, "chat-poll", R"({"roomId":")" + room_name(room_) + R"(","limit":100)" + since + '}');
  }

  bool is_waiting() const { return http_.is_waiting(); }
  /// It has read everything that its room has said.
  bool is_current() const {
    const auto& log = all_.log(room_);
    return log.begin() == log.end() ||
           json_text(log.at(log.end() - 1).bytes, R"("id":)") == last_id_;
  }
  std::uint64_t messages_read() const { return messages_read_; }
  std::uint64_t answered() const { return answered_; }

 private:
  void speak(std::int64_t now) {
    ask(now, "chat-send",
        R"({"roomId":")" + room_name(room_) + R"(","text":")" + all_.next_text(who_, now) +
            R"("})");
  }

  void ask(std::int64_t now, std::string_view command, const std::string& input) {
    asked_ns_ = now;
    polling_ = command == "chat-poll";
    http_.ask("/rpc", rpc_body(command, input));
  }

  void on_answer(std::string_view body) {
    ++answered_;
    answers_.record(now_ns() - asked_ns_);
    simdjson::dom::element data;
    if (parser_.parse(body.data(), body.size()).at_pointer("/result/data").get(data))
      throw run_failure("an agent's call failed: " + std::string(body));
    if (!polling_) return;
    bool more = false;
    if (data["hasMore"].get(more))
      throw run_failure("a poll without hasMore: " + std::string(body));
    if (more) next_ns_ = 0;
    for (const simdjson::dom::element m : data["messages"]) on_message(m);
  }

  void on_message(simdjson::dom::element m) {
    std::string_view id;
    std::string_view text;
    if (m["id"].get(id) || m["text"].get(text) || id <= last_id_)
      throw run_failure("a poll after " + last_id_ + " answered " + simdjson::minify(m));
    last_id_ = id;
    ++messages_read_;
    // "author-number-…"
    const auto dash = text.find('-');
    const auto who = std::string(text.substr(0, dash));
    const auto number = std::strtoull(std::string(text.substr(dash + 1)).c_str(), nullptr, 10);
    const auto [next, is_first] = next_of_.try_emplace(who, number);
    if (!is_first && next->second != number)
      throw run_failure("a poll answered message " + std::to_string(number) + " of author " + who +
                        " where " + std::to_string(next->second) + " was due");
    next->second = number + 1;
  }

  crowd& all_;
  std::uint32_t room_;
  std::uint32_t who_;
  histogram& answers_;
  std::string last_id_;
  caller http_;
  simdjson::dom::parser parser_;
  std::unordered_map<std::string, std::uint64_t> next_of_;
  std::int64_t next_ns_ = 0;
  std::int64_t asked_ns_ = 0;
  std::uint64_t messages_read_ = 0;
  std::uint64_t answered_ = 0;
  int turns_ = 0;
  bool polling_ = false;
};

class town {
 public:
  explicit town(run& r)
      : run_(r), people_(r.sockets, r.target.address(), r.set.text_bytes, r.set.rooms) {
    if (!r.target.is_node()) throw run_failure("mixed is for nodes: peers know no commands");
    fill_rooms(r, people_);
    for (std::uint32_t room = 0; room < r.set.rooms; ++room)
      for (std::uint32_t i = 0; i < agents_each; ++i)
        agents_.push_back(std::make_unique<agent>(r, people_, room, newest_of(room), answers_));
  }

  figures live() {
    const auto members = static_cast<double>(people_.members().size());
    pace talk(run_.set.rate, now_ns());
    pace moves(members * churn_each_s, now_ns());
    measured what;
    what.unit = "deliveries";
    what.count = [this] { return people_.counted.deliveries; };
    what.on_begin = [this] {
      people_.counted = {};
      people_.measuring = true;
      answers_ = {};
      moves_ = 0;
    };
    what.work = [&](std::int64_t now) {
      for (; talk.due() <= now; talk.take()) people_.say(next_open(next_speaker_), talk.due());
      for (; moves.due() <= now; moves.take()) replace(next_open(next_mover_));
      auto due = std::min(talk.due(), moves.due());
      for (auto& a : agents_) due = std::min(due, a->work(now));
      return due;
    };
    auto f = measure(run_, what);
    people_.measuring = false;
    f.messages = people_.counted.messages;
    f.latency = people_.counted.latency;
    f.latency_of = "from when a message was due to each of its deliveries";
    finish(f);
    return f;
  }

 private:
  // Nobody has said anything yet: what the first one who came was welcomed with.
  std::string newest_of(std::uint32_t room) const {
    return (*std::ranges::find(people_.members(), room, [](const auto& m) { return m->room; }))
        ->after_id;
  }

  member& next_open(std::size_t& from) {
    const auto& all = people_.members();
    for (;; ++from) {
      auto& m = *all[from % all.size()];
      if (m.state != member_state::open || m.leaving) continue;
      ++from;
      return m;
    }
  }

  void replace(member& m) {
    const auto room = m.room;
    ++moves_;
    people_.leave(m);
    people_.connect(room, run_.target.ticket(room, "newcomer-" + std::to_string(moves_)));
  }

  // Everybody gets the rest, agents too.
  void finish(figures& f) {
    people_.drain(end_timeout_ns);
    run_.sockets.until("agents to read everything", end_timeout_ns, [this] {
      bool all_current = true;
      for (auto& a : agents_) {
        if (!a->is_waiting() && !a->is_current()) a->poll(now_ns());
        all_current = all_current && !a->is_waiting();
      }
      return all_current;
    });
    std::uint64_t read = 0;
    for (const auto& a : agents_) read += a->messages_read();
    f.more.push_back({"agents", static_cast<double>(agents_.size()), ""});
    f.more.push_back({"messages agents read", static_cast<double>(read), ""});
    f.more.push_back({"members who came and went", static_cast<double>(moves_), ""});
    f.more.push_back(
        {"agents' answers p50", static_cast<double>(answers_.percentile(50)) / 1e6, "ms"});
    f.more.push_back(
        {"agents' answers p99", static_cast<double>(answers_.percentile(99)) / 1e6, "ms"});
  }

  run& run_;
  crowd people_;
  histogram answers_;
  std::vector<std::unique_ptr<agent>> agents_;
  std::size_t next_speaker_ = 0;
  std::size_t next_mover_ = 7;
  std::uint64_t moves_ = 0;
};

}  // namespace

figures run_mixed(run& r) { return town(r).live(); }

}  // namespace bench
