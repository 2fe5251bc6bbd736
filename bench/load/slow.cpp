// A share of the members never reads. The others must not notice, and the node must get rid of the
// slow ones: each closed as a slow consumer, its memory bounded.

#include <cstdlib>
#include <string_view>

#include "bench/load/clock.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

// A number of node-status; 0 when it is not there.
std::uint64_t slow_consumers(run& r) {
  const auto status = r.target.call("node-status", "{}");
  const std::string_view name = R"("slowConsumers":)";
  const auto at = status.find(name);
  return at == std::string::npos ? 0
                                 : std::strtoull(status.c_str() + at + name.size(), nullptr, 10);
}

}  // namespace

figures run_slow(run& r) {
  const auto deaf_each = static_cast<std::uint32_t>(r.set.slow_share * r.set.members);
  const auto before = r.target.is_node() ? slow_consumers(r) : 0;
  crowd all(r.sockets, r.target.address(), r.set.text_bytes, r.set.rooms);
  fill_rooms(r, all, deaf_each);
  auto f = run_talk(r, all);
  f.more.push_back({"RSS at most", static_cast<double>(f.rss_max_bytes) / (1 << 20), "MiB"});
  if (!r.target.is_node()) return f;
  const auto deaf = std::uint64_t{deaf_each} * r.set.rooms;
  const auto closed = slow_consumers(r) - before;
  f.more.push_back({"slow members", static_cast<double>(deaf), ""});
  f.more.push_back({"closed with 4008", static_cast<double>(closed), ""});
  if (closed != deaf)
    throw run_failure(std::to_string(closed) + " of " + std::to_string(deaf) +
                      " members that never read were closed as slow consumers; a longer run " +
                      "(--seconds) or longer texts (--text) fill their outboxes");
  return f;
}

}  // namespace bench
