// R rooms x M members, S senders each. A closed loop keeps `window` messages of every sender under
// way; an open loop sends `rate` messages a second in all, the senders taking turns. `durable` is
// the same with a room for each sender: what counts there is what comes back to its own author,
// which is the acknowledgement (contract, section 6).

#include <algorithm>
#include <vector>

#include "bench/load/clock.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

constexpr std::int64_t drain_timeout_ns = 20 * ns_per_s;

std::vector<member*> senders_of(const run& r, const crowd& all) {
  const auto each = r.set.senders == 0 ? r.set.members : std::min(r.set.senders, r.set.members);
  std::vector<std::uint32_t> chosen(r.set.rooms);
  std::vector<member*> senders;
  for (const auto& m : all.members())
    if (!m->deaf && chosen[m->room] < each) {
      ++chosen[m->room];
      senders.push_back(m.get());
    }
  return senders;
}

}  // namespace

figures run_talk(run& r, crowd& all) {
  const auto senders = senders_of(r, all);
  const bool open_loop = r.set.rate > 0;
  bool talking = true;
  if (!open_loop)
    all.on_own = [&](member& m, std::int64_t now) {
      if (talking) all.say(m, now);
    };
  measured what;
  what.unit = r.set.scenario == "durable" ? "acknowledged messages" : "deliveries";
  what.count = [&] { return all.counted.deliveries; };
  what.on_begin = [&] {
    all.counted = {};
    all.measuring = true;
  };
  pace when(r.set.rate, now_ns());
  std::size_t next = 0;
  what.work = [&](std::int64_t now) {
    for (; when.due() <= now; when.take()) all.say(*senders[next++ % senders.size()], when.due());
    return when.due();
  };
  if (!open_loop)
    for (std::uint32_t i = 0; i < r.set.window; ++i)
      for (auto* m : senders) all.say(*m, now_ns());
  auto f = measure(r, what);
  talking = false;
  all.measuring = false;
  f.messages = all.counted.messages;
  f.latency = all.counted.latency;
  f.latency_of = open_loop ? "from when a message was due to each of its deliveries"
                           : "from sending a message to each of its deliveries";
  all.drain(drain_timeout_ns);
  all.on_own = [](member&, std::int64_t) {};
  return f;
}

figures run_fanout(run& r) {
  crowd all(r.sockets, r.target.address(), r.set.text_bytes, r.set.rooms);
  all.ready_made_frames = r.target.options().kind == server_kind::floor;
  fill_rooms(r, all);
  return run_talk(r, all);
}

}  // namespace bench
