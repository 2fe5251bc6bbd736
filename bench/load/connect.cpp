// From asking for a session to its welcome: chat-connect on a kept-alive connection, then the
// upgrade on a new one. Who is in leaves at once. A storm keeps a number of them under way; --rate
// starts so many a second. Of a peer, which knows no sessions, the upgrade alone.

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/load/caller.hpp"
#include "bench/load/clock.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

constexpr std::int64_t end_timeout_ns = 10 * ns_per_s;

class door {
 public:
  explicit door(run& r)
      : run_(r), all_(r.sockets, r.target.address(), r.set.text_bytes, r.set.rooms) {
    for (std::uint32_t i = 0; r.target.is_node() && i < r.set.connections; ++i)
      idle_.push_back(callers_
                          .emplace_back(std::make_unique<caller>(
                              r.sockets, r.target.address(),
                              [this](caller& c, std::string_view body) { on_handoff(c, body); }))
                          .get());
    all_.on_open = [this](member& m, std::int64_t now) { on_open(m, now); };
    all_.on_closed = [this](member&) { --members_; };
  }

  figures open() {
    const bool storm = run_.set.rate <= 0;
    pace when(run_.set.rate, now_ns());
    measured what;
    what.unit = "joins";
    what.count = [this] { return joins_; };
    what.on_begin = [this] { latency_ = {}; };
    what.work = [&](std::int64_t now) {
      while (storm && under_way() < run_.set.connections) ask(now);
      for (; when.due() <= now; when.take()) ask(when.due());
      begin_waiting();
      return storm ? INT64_MAX : when.due();
    };
    auto f = measure(run_, what);
    f.messages = 0;
    f.latency = latency_;
    f.latency_of = run_.target.is_node() ? "from calling chat-connect to the welcome"
                                         : "from connecting to the welcome";
    run_.sockets.until("the last ones to join and leave", end_timeout_ns, [this] {
      begin_waiting();
      return under_way() == 0 && members_ == 0;
    });
    return f;
  }

 private:
  // Asked for, and not yet welcome.
  std::size_t under_way() const { return started_ - joins_; }

  void ask(std::int64_t at_ns) {
    ++started_;
    waiting_.push_back(at_ns);
  }

  void begin_waiting() {
    while (!waiting_.empty() && (!run_.target.is_node() || !idle_.empty())) {
      const auto room = static_cast<std::uint32_t>(started_) % run_.set.rooms;
      const auto at = waiting_.front();
      waiting_.pop_front();
      if (!run_.target.is_node()) {
        join(room, run_.target.ticket(room, {}), at);
        continue;
      }
      auto* c = idle_.back();
      idle_.pop_back();
      asked_[c] = {room, at};
      c->ask("/rpc", rpc_body("chat-connect", connect_input(room, "visitor")));
    }
  }

  void on_handoff(caller& c, std::string_view body) {
    const auto [room, at] = asked_[&c];
    idle_.push_back(&c);
    join(room, handoff_target(body), at);
  }

  void join(std::uint32_t room, const std::string& target, std::int64_t at_ns) {
    ++members_;
    all_.connect(room, target).started_ns = at_ns;
  }

  void on_open(member& m, std::int64_t now) {
    ++joins_;
    latency_.record(now - m.started_ns);
    all_.leave(m);
  }

  struct call {
    std::uint32_t room;
    std::int64_t at_ns;
  };
  run& run_;
  crowd all_;
  std::vector<std::unique_ptr<caller>> callers_;
  std::vector<caller*> idle_;
  std::unordered_map<caller*, call> asked_;
  std::deque<std::int64_t> waiting_;  // when they were to start
  std::uint64_t started_ = 0;
  std::uint64_t joins_ = 0;
  std::size_t members_ = 0;  // sockets
  histogram latency_;
};

}  // namespace

figures run_connect(run& r) { return door(r).open(); }

}  // namespace bench
