#include "app/settings_table.hpp"

#include <charconv>
#include <memory>
#include <string>

#include "app/config_file.hpp"
#include "model/limits.hpp"

namespace chat {

namespace {

constexpr unsigned timeout_seconds_max = 30 * 24 * 60 * 60;
constexpr unsigned rate_max = 1'000'000;
constexpr unsigned drain_rate_min = 500;  // 40 seconds for as many connections as a node may have
constexpr unsigned drain_rate_max = 1'000'000;

// A number of these, and what is wanted where it is none.
CLI::Validator whole(unsigned lowest, unsigned highest) {
  const auto range = std::to_string(lowest) + " to " + std::to_string(highest);
  return CLI::Validator(
      [=](const std::string& text) {
        unsigned value = 0;
        const auto end = text.data() + text.size();
        const auto [stop, ec] = std::from_chars(text.data(), end, value);
        if (ec == std::errc{} && stop == end && value >= lowest && value <= highest)
          return std::string();
        return "a whole number from " + range + " is wanted, not \"" + text + '"';
      },
      range);
}

}  // namespace

void add_settings(CLI::App& app, config& c, run_instead& f) {
  app.add_option("--listen", c.listen,
                 "[http://|https://]ADDR:PORT to listen on; repeats; plain HTTP unless there is a "
                 "certificate")
      ->capture_default_str();
  app.add_option("--data", c.data, "directory of the message store")->capture_default_str();
  app.add_option("--durability", c.durability,
                 "what a stored message survives: process (kill -9) or power (fsync a batch)")
      ->check(CLI::IsMember({"process", "power"}))
      ->capture_default_str();
  app.add_option("--erase-after", c.erase_after,
                 "seconds until what was deleted is taken out of the store's files as well")
      ->check(whole(1, timeout_seconds_max))
      ->capture_default_str();
  app.add_option("--public-url", c.public_urls,
                 "http(s)://host[:port][/path] where clients see the node, as behind a proxy; "
                 "repeats; default: as the request addressed us");
  app.add_option("--trusted-proxy", c.trusted_proxies,
                 "address or network (10.0.0.0/8) of proxies whose X-Forwarded-... headers say who "
                 "calls, and where the node is; repeats");
  app.add_option("--tls-cert", c.tls_cert,
                 "PEM file, own certificate first: listeners speak TLS, but those that --listen "
                 "gives as http://");
  app.add_option("--tls-key", c.tls_key, "PEM file with its key; SIGHUP has both read again");
  app.add_option("--threads", c.threads, "I/O loops; 0: one for each processor that it may use")
      ->check(whole(0, limits::threads_max))
      ->capture_default_str();
  app.add_option("--log-level", c.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", c.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--room", c.rooms, "id[:name[:max]] of a room to have; repeats");
  app.add_option("--token-secret-file", c.token_secret_file,
                 "what handoff tokens are signed with; default: token-secret in the data "
                 "directory, made at the first start");
  app.add_option("--audit-log", c.audit_log,
                 "file for who came in, from where, by which token: JSON lines");
  app.add_option("--auth", c.auth,
                 "who may come in: none (everybody on this machine), keys (API keys, see chatd key "
                 "--help) or jwt (tokens of an identity provider)")
      ->check(CLI::IsMember({"none", "keys", "jwt"}))
      ->capture_default_str();
  app.add_option("--keys-file", c.keys_file,
                 "API keys; default: api-keys.json in the data directory");
  app.add_option("--jwt-secret-file", c.jwt_secret_file, "secret of tokens signed with HS256");
  app.add_option("--jwt-keys-file", c.jwt_keys_file,
                 "JWK Set of tokens signed with RS256, EdDSA or HS256");
  app.add_option("--jwt-issuer", c.jwt_issuer, "what tokens must name as iss");
  app.add_option("--jwt-audience", c.jwt_audience, "what tokens must name as aud");
  app.add_flag("--bind-ip", c.bind_ip, "handoff tokens are good for the address that got them");
  app.add_option("--pending-sessions", c.pending_sessions,
                 "sessions of one user that nobody has connected yet; 0: 100, with --auth none all")
      ->check(whole(0, static_cast<unsigned>(limits::sessions_max)))
      ->capture_default_str();
  app.add_option("--allow-origin", c.allow_origins,
                 "http(s)://host[:port] whose pages may call, besides the node's own and this "
                 "machine's; null: pages opened from files, and sandboxed pages of any site; "
                 "repeats");
  app.add_option("--mcp-tools", c.mcp_tools,
                 "MCP tools: individual (each command one), grouped (one a category) or lazy")
      ->check(CLI::IsMember({"individual", "grouped", "lazy"}))
      ->capture_default_str();
  const auto add_timeout = [&](const char* name, unsigned& value, const char* help) {
    app.add_option(name, value, help)->check(whole(1, timeout_seconds_max))->capture_default_str();
  };
  add_timeout("--handoff-timeout", c.handoff_timeout, "seconds a token is good for");
  add_timeout("--idle-timeout", c.idle_timeout, "seconds of silence that end a session");
  add_timeout("--reconnect-timeout", c.reconnect_timeout,
              "seconds in which a lost connection may come back");
  add_timeout("--session-lifetime", c.session_lifetime, "seconds a session lives at most");
  add_timeout("--keep-alive-timeout", c.keep_alive_timeout,
              "seconds an HTTP connection without a request stays open: longer than a proxy in "
              "front keeps its own");
  app.add_option("--rate-limits", c.rate_limits, "on, or off for load tests")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  const auto add_rate = [&](const char* name, unsigned& value, const char* help) {
    app.add_option(name, value, help)->check(whole(1, rate_max))->capture_default_str();
  };
  app.add_option("--handoff-rate", c.handoff_rate,
                 "handoffs a minute, of one user; 0: 10, with --auth none 600")
      ->check(whole(0, rate_max))
      ->capture_default_str();
  add_rate("--command-rate", c.command_rate,
           "commands a second, of one user; or of one address whose users are not known");
  add_rate("--message-rate", c.message_rate, "messages a second, of one session");
  app.add_option("--connections-per-address", c.connections_per_address,
                 "connections of one address whose users are not known, or of one known user; 0: "
                 "any number; "
                 "this machine's are not counted")
      ->check(whole(0, static_cast<unsigned>(limits::connections_max)))
      ->capture_default_str();
  app.add_option("--drain-rate", c.drain_rate,
                 "connections a second that a stopping node says goodbye to")
      ->check(whole(drain_rate_min, drain_rate_max))
      ->capture_default_str();
  app.add_flag("--webhook-allow-private", c.webhook_allow_private,
               "webhooks may post to this machine and to private networks");
  app.set_config("--config", "", "TOML file with any of the above as keys");
  app.config_formatter(std::make_shared<config_file>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--check-config", f.check_config,
               "check the settings, and the files they name, and exit")
      ->configurable(false);
  app.add_flag("--print-config", f.print_config, "print the settings as a file and exit")
      ->configurable(false);
  app.set_version_flag("--version", "chatd " CHATD_VERSION);
  app.footer(
      "chatd config --help tells of the file with settings, chatd key --help of API keys,\n"
      "chatd mcp --help of MCP on stdin and stdout.\n"
      "Every option can also be set as CHATD_<OPTION>, as in CHATD_LISTEN, lists separated "
      "by commas.\nFlags win over the environment, the environment over the file.\n\n"
      "chatd backup copies a store, also of a node that runs; chatd repair makes a damaged one\n"
      "usable again. Both tell how with --help.");
}

}  // namespace chat
