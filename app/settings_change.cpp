#include "app/settings_change.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace chat {

namespace {

using copy = std::function<void(config& to, const config& from)>;

template <auto Member>
copy copy_of() {
  return [](config& to, const config& from) { to.*Member = from.*Member; };
}

// What may change. Listeners, the store, sessions' times and who is asked for stay.
const std::pair<std::string_view, copy> live[] = {
    {"log-level", copy_of<&config::log_level>()},
    {"rate-limits", copy_of<&config::rate_limits>()},
    {"handoff-rate", copy_of<&config::handoff_rate>()},
    {"command-rate", copy_of<&config::command_rate>()},
    {"message-rate", copy_of<&config::message_rate>()},
    {"pending-sessions", copy_of<&config::pending_sessions>()},
    {"connections-per-address", copy_of<&config::connections_per_address>()},
    {"drain-rate", copy_of<&config::drain_rate>()},
    {"allow-origin", copy_of<&config::allow_origins>()},
    {"jwt-secret-file", copy_of<&config::jwt_secret_file>()},
    {"jwt-keys-file", copy_of<&config::jwt_keys_file>()},
    {"jwt-issuer", copy_of<&config::jwt_issuer>()},
    {"jwt-audience", copy_of<&config::jwt_audience>()},
    {"tls-cert", copy_of<&config::tls_cert>()},
    {"tls-key", copy_of<&config::tls_key>()},
};

const copy* live_copy(std::string_view name) {
  for (const auto& [known, how] : live)
    if (known == name) return &how;
  return nullptr;
}

bool may_change(std::string_view name, const config& before, const config& after) {
  // With TLS or without: listeners are one or the other.
  if (name.starts_with("tls-")) return before.tls_cert.empty() == after.tls_cert.empty();
  return live_copy(name) != nullptr;
}

}  // namespace

settings_change compare(const config& before, const config& after) {
  settings_change change;
  for (const auto& [name, value] : after.values) {
    const auto was = before.values.find(name);
    if (was != before.values.end() && was->second == value) continue;
    (may_change(name, before, after) ? change.taken : change.left).push_back(name);
  }
  return change;
}

void take_over(config& to, const config& from, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    (*live_copy(name))(to, from);
    to.values[name] = from.values.at(name);
  }
}

}  // namespace chat
