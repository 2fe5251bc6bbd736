#include "app/node.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/backup.hpp"
#include "app/node_parts.hpp"
#include "app/settings_change.hpp"

namespace chat {

node::node(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
node::~node() = default;

result<std::unique_ptr<node>> node::start(const config& settings) {
  auto p = std::make_unique<parts>();
  p->settings = settings;
  p->context.timeouts = settings.timeouts;
  p->context.rates.set(settings.rates);
  p->context.bind_ip = settings.bind_ip;
  p->context.pending_sessions_max = settings.pending_sessions;
  p->context.limiter = &p->limiter.emplace(settings.rates);
  std::unique_ptr<node> made(new node(std::move(p)));
  if (auto started = made->parts_->start(); !started) {
    made->parts_->stop_loops();
    return tl::unexpected(started.error());
  }
  spdlog::info("chatd {} started: data in {}, durability {}, {} loop(s)", CHATD_VERSION,
               settings.data, settings.durability, settings.threads);
  return made;
}

std::vector<std::string> node::urls() const {
  std::vector<std::string> urls;
  for (const auto& address : parts_->addresses) urls.push_back(to_url(address));
  return urls;
}

std::uint64_t node::connection_count() const { return read(parts_->counters.connections); }

void node::reload(const config& next) {
  auto& p = *parts_;
  auto change = compare(p.settings, next);
  const auto before = p.settings;
  take_over(p.settings, next, change.taken);
  // Files that are no good: what names them stays as it was, too.
  const auto keep = [&](std::string_view prefix, std::string_view what, const failure& why) {
    spdlog::error("{} as before: {}. {}", what, why.message, why.suggestion);
    const auto kept = std::ranges::partition(
        change.taken, [&](const std::string& name) { return !name.starts_with(prefix); });
    take_over(p.settings, before, {kept.begin(), kept.end()});
    change.taken.erase(kept.begin(), kept.end());
  };
  if (const auto loaded = p.load_certificate(); !loaded)
    keep("tls-", "the certificate is", loaded.error());
  if (const auto loaded = p.auth->reload(p.settings); !loaded)
    keep("jwt-", "the keys of tokens are", loaded.error());
  p.settings.rates = rates_of(p.settings);
  spdlog::set_level(spdlog::level::from_str(p.settings.log_level));
  p.context.rates.set(p.settings.rates);
  p.limiter->set(p.settings.rates);
  p.context.pending_sessions_max = p.settings.pending_sessions;
  p.places->limit_addresses(p.settings.connections_per_address);
  p.allow_origins();
  if (p.audit) p.audit->reopen();
  for (const auto& name : change.taken)
    spdlog::info("{} is now {}", name, p.settings.values.at(name));
  for (const auto& name : change.left)
    spdlog::warn("{} stays {} until chatd is started again", name, p.settings.values.at(name));
  if (change.taken.empty() && change.left.empty()) spdlog::info("no setting has changed");
}

void node::look_after() {
  serve_backup(*parts_->db, parts_->settings.data);
  if (parts_->auth->refresh()) caf::anon_send(parts_->hub, standing_changed{});
}

bool node::is_alive() {
  auto& p = *parts_;
  if (p.heartbeats_missing->load() > 0) return false;
  p.heartbeats_missing->store(p.loops.size());
  for (auto& l : p.loops) l->post([missing = p.heartbeats_missing] { --*missing; });
  return true;
}

std::chrono::seconds node::stop_timeout() const {
  return std::chrono::ceil<std::chrono::seconds>(parts_->drain_time()) + limits::shutdown_timeout;
}

void node::stop() {
  spdlog::info("stopping");
  parts_->say_goodbye();
  parts_->stop_actors();
  parts_->stop_loops();
  spdlog::info("stopped");
}

}  // namespace chat
