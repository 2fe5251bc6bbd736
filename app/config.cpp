#include "app/config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "app/config_file.hpp"
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
  for (const auto& text : c.listen) {
    const auto where = parse_listen_address(text);
    if (!where) return "--listen: " + where.error().message + ". " + where.error().suggestion;
    if (!where->address().is_loopback())
      return "--listen " + text +
             ": only loopback addresses are allowed without authentication, and this version has "
             "none. Use 127.0.0.1, and a reverse proxy that checks who comes";
    c.addresses.push_back(*where);
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

void set_rates(config& c) {
  c.rates.on = c.rate_limits == "on";
  const auto twice = [](unsigned a_second) { return rate{1.0 * a_second, 2.0 * a_second}; };
  c.rates.handoffs = {c.handoff_rate / 60.0, 1.0 * c.handoff_rate};
  c.rates.commands = twice(c.command_rate);
  c.rates.messages = twice(c.message_rate);
}

problem check(config& c) {
  set_rates(c);
  if (auto p = check_listen(c)) return p;
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
  app.add_option("--listen", c.listen, "ADDR:PORT to listen on; repeat it for more doors")
      ->capture_default_str();
  app.add_option("--data", c.data, "directory of the message store")->capture_default_str();
  app.add_option("--durability", c.durability,
                 "what a stored message survives: process (kill -9) or power (fsync a batch)")
      ->check(CLI::IsMember({"process", "power"}))
      ->capture_default_str();
  app.add_option("--public-url", c.public_url,
                 "ws(s)://host[:port] that handoffs name; default: as the request addressed us");
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
  add_rate("--handoff-rate", c.handoff_rate, "handoffs a minute, of one user or address");
  add_rate("--command-rate", c.command_rate, "commands a second, of one user or address");
  add_rate("--message-rate", c.message_rate, "messages a second, of one session");
  app.add_option("--drain-rate", c.drain_rate,
                 "connections a second that a stopping node says goodbye to")
      ->check(CLI::Range(drain_rate_min, drain_rate_max))
      ->capture_default_str();
  app.set_config("--config", "", "TOML file with any of the above as keys");
  app.config_formatter(std::make_shared<config_file>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--check-config", f.check_config, "check the settings and exit")
      ->configurable(false);
  app.add_flag("--print-config", f.print_config, "print the settings as a file and exit")
      ->configurable(false);
  app.set_version_flag("--version", "chatd " CHATD_VERSION);
  app.footer(
      "Every option can also be set as CHATD_<OPTION>, as in CHATD_LISTEN, lists separated "
      "by commas.\nFlags win over the environment, the environment over the file.");
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

// CLI11 lets a file win over the environment; we want it the other way round, so the environment
// is turned into flags, for options that no flag names.
std::vector<std::string> with_environment(std::vector<std::string> args) {
  for (const std::string option : {"listen",
                                   "data",
                                   "durability",
                                   "public-url",
                                   "threads",
                                   "log-level",
                                   "log-format",
                                   "room",
                                   "audit-log",
                                   "token-secret-file",
                                   "handoff-timeout",
                                   "idle-timeout",
                                   "reconnect-timeout",
                                   "session-lifetime",
                                   "rate-limits",
                                   "handoff-rate",
                                   "command-rate",
                                   "message-rate",
                                   "drain-rate",
                                   "config"}) {
    std::string variable = "CHATD_" + option;
    std::ranges::transform(variable, variable.begin(), [](char ch) {
      return ch == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
    });
    const char* value = std::getenv(variable.c_str());
    const std::string flag = "--" + option;
    const bool given = std::ranges::any_of(
        args, [&](const std::string& arg) { return arg == flag || arg.starts_with(flag + '='); });
    if (!value || !*value || given) continue;
    if (option == "listen" || option == "room")
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

// JSON's escapes are TOML's (TOML 1.0, basic strings).
std::string toml_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string toml_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + toml_string(item);
  return out + ']';
}

}  // namespace

invocation read_config(int argc, const char* const* argv) {
  invocation result;
  flags asked;
  CLI::App app("chatd: a real-time chat node for people and AI agents", "chatd");
  add_options(app, result.settings, asked);
  try {
    app.parse(with_environment({argv + 1, argv + argc}));
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
  if (asked.print_config) return {invocation::kind::print_and_exit, {}, to_toml(result.settings)};
  if (asked.check_config)
    return {invocation::kind::print_and_exit, {}, "chatd: the settings are valid\n"};
  if (result.settings.threads == 0)
    result.settings.threads =
        std::clamp(std::thread::hardware_concurrency(), 1u, limits::threads_max);
  return result;
}

std::string to_toml(const config& c) {
  std::string out;
  out += "# Addresses to listen on, ADDR:PORT each; port 0 picks a free one.\n";
  out += "listen = " + toml_list(c.listen) + "\n";
  out += "# Directory of the message store.\n";
  out += "data = " + toml_string(c.data) + "\n";
  out += "# What a stored message survives: process (kill -9) or power (fsync a batch).\n";
  out += "durability = " + toml_string(c.durability) + "\n";
  out += "# ws(s)://host[:port] that handoffs name; empty: as the request addressed the node.\n";
  out +=
      (c.public_url.empty() ? "# public-url = \"\"" : "public-url = " + toml_string(c.public_url)) +
      "\n";
  out += "# I/O loops; 0: one a core.\n";
  out += "threads = " + std::to_string(c.threads) + "\n";
  out += "# debug, info, warning or error.\n";
  out += "log-level = " + toml_string(c.log_level) + "\n";
  out += "# text or json.\n";
  out += "log-format = " + toml_string(c.log_format) + "\n";
  out += "# Rooms to have beside the stored ones, id[:name[:max]] each.\n";
  out += (c.rooms.empty() ? "# room = []" : "room = " + toml_list(c.rooms)) + "\n";
  out += "# File for who came in, from where, by which token: JSON lines; empty: none.\n";
  out += (c.audit_log.empty() ? "# audit-log = \"\"" : "audit-log = " + toml_string(c.audit_log)) +
         "\n";
  out += "# What handoff tokens are signed with; empty: token-secret in the data directory.\n";
  out += (c.token_secret_file.empty() ? "# token-secret-file = \"\""
                                      : "token-secret-file = " + toml_string(c.token_secret_file)) +
         "\n";
  const auto add_timeout = [&out](const char* help, const char* key, unsigned seconds) {
    out += std::string("# Seconds ") + help + ".\n" + key + " = " + std::to_string(seconds) + "\n";
  };
  add_timeout("a token is good for", "handoff-timeout", c.handoff_timeout);
  add_timeout("of silence that end a session", "idle-timeout", c.idle_timeout);
  add_timeout("in which a lost connection may come back", "reconnect-timeout", c.reconnect_timeout);
  add_timeout("a session lives at most", "session-lifetime", c.session_lifetime);
  out += "# Rate limits: on, or off for load tests.\n";
  out += "rate-limits = " + toml_string(c.rate_limits) + "\n";
  out += "# Handoffs a minute and commands a second, of one user or address.\n";
  out += "handoff-rate = " + std::to_string(c.handoff_rate) + "\n";
  out += "command-rate = " + std::to_string(c.command_rate) + "\n";
  out += "# Messages a second, of one session.\n";
  out += "message-rate = " + std::to_string(c.message_rate) + "\n";
  out += "# Connections a second that a stopping node says goodbye to.\n";
  out += "drain-rate = " + std::to_string(c.drain_rate) + "\n";
  return out;
}

std::vector<room_definition> default_rooms() {
  const auto now = wall_clock_ms();
  return {{"general", "General", "General discussion room", 100, now},
          {"random", "Random", "Random chat and off-topic discussions", 50, now},
          {"help", "Help", "Get help with AFD and related topics", 25, now}};
}

}  // namespace chat
