#include "app/settings_change.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace chat {

namespace {

using copy = std::function<void(config& to, const config& from)>;

template <auto Member>
copy of() {
  return [](config& to, const config& from) { to.*Member = from.*Member; };
}

// What may change. Listeners, the store, sessions' times and who is asked for stay.
const std::pair<std::string_view, copy> live[] = {
    {"log-level", of<&config::log_level>()},
    {"rate-limits", of<&config::rate_limits>()},
    {"handoff-rate", of<&config::handoff_rate>()},
    {"command-rate", of<&config::command_rate>()},
    {"message-rate", of<&config::message_rate>()},
    {"pending-sessions", of<&config::pending_sessions>()},
    {"connections-per-address", of<&config::connections_per_address>()},
    {"drain-rate", of<&config::drain_rate>()},
    {"allow-origin", of<&config::allow_origins>()},
    {"jwt-secret-file", of<&config::jwt_secret_file>()},
    {"jwt-keys-file", of<&config::jwt_keys_file>()},
    {"jwt-issuer", of<&config::jwt_issuer>()},
    {"jwt-audience", of<&config::jwt_audience>()},
    {"tls-cert", of<&config::tls_cert>()},
    {"tls-key", of<&config::tls_key>()},
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
