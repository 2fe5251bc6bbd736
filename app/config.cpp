#include "app/config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "app/config_file.hpp"
#include "app/setting_values.hpp"
#include "app/settings_check.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"
#include "net/listener.hpp"
#include "net/origin_check.hpp"

namespace chat {

namespace {

// --- Checks: each returns what is wrong, or nothing ---------------------------------------------

using problem = std::optional<std::string>;

constexpr unsigned timeout_seconds_max = 30 * 24 * 60 * 60;
constexpr unsigned rate_max = 1'000'000;
constexpr unsigned drain_rate_min = 500;  // 40 seconds for as many connections as a node may have
constexpr unsigned drain_rate_max = 1'000'000;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

problem check_listen(config& c) {
  if (c.tls_cert.empty() != c.tls_key.empty())
    return "--tls-cert and --tls-key: TLS needs both of them";
  const auto otherwise = c.tls_cert.empty() ? transport::plain : transport::tls;
  for (const auto& text : c.listen) {
    const auto address = parse_listen_address(text, otherwise);
    if (!address) return "--listen: " + address.error().message + ". " + address.error().suggestion;
    if (address->how == transport::tls && c.tls_cert.empty())
      return "--listen " + text + ": https needs a certificate: give --tls-cert and --tls-key";
    if (!address->where.address().is_loopback() && c.auth == "none")
      return "--listen " + text +
             ": only loopback addresses are allowed while everybody may come in (--auth none). Use "
             "--auth keys or jwt, or 127.0.0.1 and a reverse proxy that checks who comes";
    c.addresses.push_back(*address);
  }
  return std::nullopt;
}

problem check_rooms(config& c) {
  for (const auto& text : c.rooms) {
    room_definition room;
    const auto first = text.find(':');
    const auto last = first == std::string::npos ? first : text.rfind(':');
    room.id = text.substr(0, first);
    room.name = room.id;
    if (!is_room_id(room.id))
      return "--room " + text + ": expected id[:name[:max]], the id 1 to 64 of A-Z a-z 0-9 . _ -";
    if (first != std::string::npos) {
      const bool has_max = last != first;
      room.name = text.substr(first + 1, has_max ? last - first - 1 : std::string::npos);
      if (has_max) {
        const auto max = parse_number<std::uint32_t>(text.substr(last + 1));
        if (!max || *max < 1 || *max > limits::participants_max)
          return "--room " + text + ": max must be 1 to 1000000";
        room.participants_max = *max;
      }
    }
    const auto units = utf16_length(room.name);
    if (!units || *units < 1 || *units > limits::room_name_units_max)
      return "--room " + text + ": the name must have 1 to 100 characters of valid UTF-8";
    room.created_ms = wall_clock_ms();
    c.room_definitions.push_back(std::move(room));
  }
  return std::nullopt;
}

problem check_public_url(const config& c) {
  if (c.public_url.empty()) return std::nullopt;
  const std::string_view url = c.public_url;
  const auto host = url.starts_with("ws://")    ? url.substr(5)
                    : url.starts_with("wss://") ? url.substr(6)
                                                : std::string_view();
  const auto named = parse_authority(host);
  if (!named || named->host.empty() ||
      (!named->port.empty() && parse_number<std::uint16_t>(named->port).value_or(0) == 0))
    return "--public-url " + c.public_url + ": expected ws(s)://host[:port] without a path";
  return std::nullopt;
}

problem check_timeouts(config& c) {
  c.timeouts.handoff = std::chrono::seconds(c.handoff_timeout);
  c.timeouts.idle = std::chrono::seconds(c.idle_timeout);
  c.timeouts.reconnect = std::chrono::seconds(c.reconnect_timeout);
  c.timeouts.lifetime = std::chrono::seconds(c.session_lifetime);
  if (c.handoff_timeout > c.session_lifetime)
    return "--handoff-timeout: a token cannot be good for longer than a session lives "
           "(--session-lifetime)";
  return std::nullopt;
}

problem check_auth(const config& c) {
  if (c.auth == "jwt" && c.jwt_secret_file.empty() && c.jwt_keys_file.empty())
    return "--auth jwt: name what tokens are signed with, with --jwt-secret-file or "
           "--jwt-keys-file";
  return std::nullopt;
}

problem check_origins(const config& c) {
  for (const auto& origin : c.allow_origins)
    if (!is_origin(origin))
      return "--allow-origin " + origin + ": expected http(s)://host[:port] without a path";
  return std::nullopt;
}

// Where all are one user, that one gets more.
void set_defaults(config& c) {
  const bool all_are_one = c.auth == "none";
  if (c.handoff_rate == 0)
    c.handoff_rate = all_are_one ? limits::handoffs_per_minute_of_all : limits::handoffs_per_minute;
  if (c.pending_sessions == 0)
    c.pending_sessions = all_are_one ? static_cast<unsigned>(limits::sessions_max)
                                     : limits::pending_sessions_per_user;
}

void set_rates(config& c) {
  set_defaults(c);
  c.rates.on = c.rate_limits == "on";
  const auto twice = [](unsigned a_second) { return rate{1.0 * a_second, 2.0 * a_second}; };
  c.rates.handoffs = {c.handoff_rate / 60.0, 1.0 * c.handoff_rate};
  c.rates.commands = twice(c.command_rate);
  c.rates.messages = twice(c.message_rate);
}

problem check(config& c) {
  set_rates(c);
  if (auto p = check_listen(c)) return p;
  if (auto p = check_auth(c)) return p;
  if (auto p = check_origins(c)) return p;
  if (auto p = check_rooms(c)) return p;
  if (auto p = check_timeouts(c)) return p;
  return check_public_url(c);
}

// --- Reading -----------------------------------------------------------------------------------

struct flags {
  bool print_config = false;
  bool check_config = false;
};

// One table of options, used for the command line, the environment and the file.
void add_options(CLI::App& app, config& c, flags& f) {
  app.add_option("--listen", c.listen,
                 "[http://|https://]ADDR:PORT to listen on; repeats; plain HTTP unless there is a "
                 "certificate")
      ->capture_default_str();
  app.add_option("--data", c.data, "directory of the message store")->capture_default_str();
  app.add_option("--durability", c.durability,
                 "what a stored message survives: process (kill -9) or power (fsync a batch)")
      ->check(CLI::IsMember({"process", "power"}))
      ->capture_default_str();
  app.add_option("--public-url", c.public_url,
                 "ws(s)://host[:port] that handoffs name; default: as the request addressed us");
  app.add_option("--tls-cert", c.tls_cert,
                 "PEM file, own certificate first: listeners speak TLS, but those that --listen "
                 "gives as http://");
  app.add_option("--tls-key", c.tls_key, "PEM file with its key; SIGHUP has both read again");
  app.add_option("--threads", c.threads, "I/O loops; 0: one a core")
      ->check(CLI::Range(0u, limits::threads_max))
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
      ->check(CLI::Range(0u, static_cast<unsigned>(limits::sessions_max)))
      ->capture_default_str();
  app.add_option("--allow-origin", c.allow_origins,
                 "http(s)://host[:port] whose pages may call, besides the node's own and this "
                 "machine's; repeats");
  app.add_option("--mcp-tools", c.mcp_tools,
                 "MCP tools: individual (each command one), grouped (one a category) or lazy")
      ->check(CLI::IsMember({"individual", "grouped", "lazy"}))
      ->capture_default_str();
  const auto add_timeout = [&](const char* name, unsigned& value, const char* help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(1u, timeout_seconds_max))
        ->capture_default_str();
  };
  add_timeout("--handoff-timeout", c.handoff_timeout, "seconds a token is good for");
  add_timeout("--idle-timeout", c.idle_timeout, "seconds of silence that end a session");
  add_timeout("--reconnect-timeout", c.reconnect_timeout,
              "seconds in which a lost connection may come back");
  add_timeout("--session-lifetime", c.session_lifetime, "seconds a session lives at most");
  app.add_option("--rate-limits", c.rate_limits, "on, or off for load tests")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  const auto add_rate = [&](const char* name, unsigned& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::Range(1u, rate_max))->capture_default_str();
  };
  app.add_option("--handoff-rate", c.handoff_rate,
                 "handoffs a minute, of one user or address; 0: 10, with --auth none 600")
      ->check(CLI::Range(0u, rate_max))
      ->capture_default_str();
  add_rate("--command-rate", c.command_rate, "commands a second, of one user or address");
  add_rate("--message-rate", c.message_rate, "messages a second, of one session");
  app.add_option("--connections-per-address", c.connections_per_address,
                 "connections of one address that is not this machine's; 0: any number")
      ->check(CLI::Range(0u, static_cast<unsigned>(limits::connections_max)))
      ->capture_default_str();
  app.add_option("--drain-rate", c.drain_rate,
                 "connections a second that a stopping node says goodbye to")
      ->check(CLI::Range(drain_rate_min, drain_rate_max))
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
      "chatd key --help tells of API keys, chatd mcp --help of MCP on stdin and stdout.\n"
      "Every option can also be set as CHATD_<OPTION>, as in CHATD_LISTEN, lists separated "
      "by commas.\nFlags win over the environment, the environment over the file.\n\n"
      "chatd repair --data DIR makes a damaged store usable again; chatd repair --help tells how.");
}

// Those that a file or the environment may set, too.
std::vector<const CLI::Option*> settings_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    return option->get_configurable() && !option->get_lnames().empty() &&
           option->get_lnames()[0] != "help" && option->get_lnames()[0] != "version";
  });
}

// CLI11 lets a file win over the environment; we want it the other way round, so the environment
// is turned into flags, for options that no flag names.
std::vector<std::string> with_environment(const CLI::App& app, std::vector<std::string> args) {
  auto options = settings_of(app);
  options.push_back(app.get_config_ptr());
  for (const auto* option : options) {
    const auto name = option->get_lnames().at(0);
    std::string variable = "CHATD_" + name;
    std::ranges::transform(variable, variable.begin(), [](char ch) {
      return ch == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
    });
    const char* value = std::getenv(variable.c_str());
    const std::string flag = "--" + name;
    const bool given = std::ranges::any_of(
        args, [&](const std::string& arg) { return arg == flag || arg.starts_with(flag + '='); });
    if (!value || !*value || given) continue;
    if (is_list(*option))
      for (const auto& part : split(value)) args.push_back(flag + '=' + part);
    else
      args.push_back(flag + '=' + value);
  }
  std::ranges::reverse(args);  // as CLI11 wants them
  return args;
}

std::string first_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

invocation refuse(const std::string& why) {
  return {invocation::kind::refuse, {}, "chatd: " + first_line(why) + " (see chatd --help)\n"};
}

// As TOML has it, whose basic strings have JSON's escapes (TOML 1.0).
std::string toml_value(const CLI::Option& option, const std::string& text) {
  if (!option.get_type_name().starts_with("TEXT")) return text;
  std::string out;
  append_json_string(out, text);
  return out;
}

// The settings as a file that --config reads: each with what it is for; those not set are comments.
std::string to_toml(const CLI::App& app) {
  std::string out;
  for (const auto* option : settings_of(app)) {
    const auto values = values_of(*option);
    std::string value;
    for (const auto& one : values) value += (value.empty() ? "" : ", ") + toml_value(*option, one);
    if (is_list(*option)) value = '[' + value + ']';
    const bool is_set = value != "[]" && value != R"("")";
    out += "# " + option->get_description() + "\n";
    out += (is_set ? "" : "# ") + option->get_lnames().at(0) + " = " + value + "\n";
  }
  return out;
}

}  // namespace

invocation read_config(int argc, const char* const* argv) {
  invocation result;
  flags asked;
  CLI::App app("chatd: a real-time chat node for people and AI agents", "chatd");
  add_options(app, result.settings, asked);
  try {
    app.parse(with_environment(app, {argv + 1, argv + argc}));
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream out;
    app.exit(e, out, out);
    return {invocation::kind::print_and_exit, {}, out.str()};
  } catch (const CLI::ConfigError& e) {
    const std::string text = e.what();
    constexpr std::string_view extras = "INI was not able to parse ";  // CLI11's own words
    return refuse(text.starts_with(extras)
                      ? "configuration file: unknown key `" + text.substr(extras.size()) + "`"
                      : text);
  } catch (const CLI::Error& e) {
    return refuse(e.what());
  }
  if (const auto wrong = check(result.settings)) return refuse(*wrong);
  if (asked.print_config) return {invocation::kind::print_and_exit, {}, to_toml(app)};
  if (asked.check_config) {
    const auto said = check_files(result.settings);
    if (!said) return refuse(said.error().message + ". " + said.error().suggestion);
    return {invocation::kind::print_and_exit, {}, *said + "chatd: the settings are valid\n"};
  }
  if (result.settings.threads == 0)
    result.settings.threads =
        std::clamp(std::thread::hardware_concurrency(), 1u, limits::threads_max);
  result.settings.as_json = to_json(settings_of(app));
  return result;
}

}  // namespace chat
