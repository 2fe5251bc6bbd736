#include "bench/load/run.hpp"

#include <algorithm>
#include <ctime>

#include "bench/load/clock.hpp"

namespace bench {

namespace {

constexpr std::int64_t sample_ns = 100 * ns_per_ms;
constexpr std::uint32_t joins_under_way_max = 256;
constexpr std::int64_t join_timeout_ns = 60 * ns_per_s;

double own_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::int64_t to_ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

void turn_until(run& r, const measured& what, std::int64_t end_ns,
                const std::function<void(std::int64_t)>& sample) {
  auto next_sample = now_ns() + sample_ns;
  for (auto now = now_ns(); now < end_ns; now = now_ns()) {
    const auto due = what.work(now);
    r.sockets.turn(std::min({due, end_ns, next_sample}) - now_ns());
    if (now < next_sample) continue;
    sample(now);
    next_sample += sample_ns;
  }
}

}  // namespace

figures measure(run& r, const measured& what) {
  figures f;
  f.scenario = r.set.scenario;
  f.shape = describe(r.set);
  f.server = r.target.name();
  f.unit = what.unit;
  f.server_cores = r.target.is_node() ? r.target.options().threads : 1;
  f.rss_begin_bytes = r.rss_begin_bytes;

  const auto warm_up_begin = now_ns();
  const auto begin_ns = warm_up_begin + to_ns(r.set.warm_up_s);
  turn_until(r, what, begin_ns, [&](std::int64_t now) {
    r.bar.show("warming up", static_cast<double>(now - warm_up_begin) / 1e9 / r.set.warm_up_s);
  });
  what.on_begin();

  const auto before = r.target.used();
  const auto client_before = own_cpu_s();
  const auto count_before = what.count();
  const auto begin = now_ns();
  auto sampled_ns = begin;
  auto sampled_count = count_before;
  turn_until(r, what, begin + to_ns(r.set.seconds), [&](std::int64_t now) {
    const auto count = what.count();
    f.per_second.push_back(static_cast<double>(count - sampled_count) * 1e9 /
                           static_cast<double>(now - sampled_ns));
    sampled_ns = now;
    sampled_count = count;
    f.rss_max_bytes = std::max(f.rss_max_bytes, run::rss(r.target));
    r.bar.show(describe(r.set), static_cast<double>(now - begin) / 1e9 / r.set.seconds);
  });
  f.seconds = static_cast<double>(now_ns() - begin) / 1e9;
  f.count = what.count() - count_before;
  f.client_cpu_s = own_cpu_s() - client_before;
  const auto after = r.target.used();
  r.bar.clear();
  f.knows_server = before && after;
  if (!f.knows_server) return f;
  f.server_cpu_s = static_cast<double>(after->cpu_ns - before->cpu_ns) / 1e9;
  f.server_user_s = static_cast<double>(after->user_ns - before->user_ns) / 1e9;
  f.server_system_s = static_cast<double>(after->system_ns - before->system_ns) / 1e9;
  f.rss_max_bytes = std::max(f.rss_max_bytes, after->rss_bytes);
  return f;
}

void fill_rooms(run& r, crowd& all, std::uint32_t deaf_each) {
  const auto wanted = std::size_t{r.set.rooms} * r.set.members;
  for (std::uint32_t member = 0; member < r.set.members; ++member)
    for (std::uint32_t room = 0; room < r.set.rooms; ++room) {
      all.connect(room, r.target.ticket(room, "member-" + std::to_string(member)),
                  member < deaf_each);
      const auto joined = all.members().size();
      if (joined % 64 == 0)
        r.bar.show("joining " + std::to_string(wanted) + " members",
                   static_cast<double>(joined) / static_cast<double>(wanted));
      r.sockets.until("members to join", join_timeout_ns, [&] {
        return all.open_count() + joins_under_way_max > all.members().size();
      });
    }
  r.sockets.until("members to join", join_timeout_ns, [&] { return all.open_count() == wanted; });
}

figures carry_out(run& r) {
  const auto& name = r.set.scenario;
  if (name == "fanout" || name == "durable") return run_fanout(r);
  if (name == "idle") return run_idle(r);
  if (name == "connect") return run_connect(r);
  if (name == "commands") return run_commands(r);
  if (name == "slow") return run_slow(r);
  return run_mixed(r);
}

}  // namespace bench
