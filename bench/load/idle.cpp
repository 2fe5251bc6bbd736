// Sessions that do nothing: what each costs in memory, and what all of them in CPU.

#include "bench/load/clock.hpp"
#include "bench/load/run.hpp"

namespace bench {

figures run_idle(run& r) {
  crowd all(r.sockets, r.target.address(), r.set.text_bytes, r.set.rooms);
  fill_rooms(r, all);
  measured what;
  what.unit = "sessions";
  what.count = [] { return std::uint64_t{0}; };
  auto f = measure(r, what);
  f.count = all.open_count();
  const auto sessions = static_cast<double>(all.open_count());
  const auto bytes = static_cast<double>(run::rss(r.target) - f.rss_begin_bytes);
  f.more.push_back({"bytes per idle session", bytes / sessions, "bytes"});
  f.more.push_back({"CPU while idle", 100 * f.server_cpu_s / f.seconds, "%"});
  if (all.open_count() != all.members().size()) throw run_failure("idle sessions were closed");
  return f;
}

}  // namespace bench
