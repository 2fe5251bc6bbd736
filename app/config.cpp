#include "app/config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "app/processors.hpp"
#include "app/setting_values.hpp"
#include "app/settings_check.hpp"
#include "app/settings_errors.hpp"
#include "app/settings_table.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/shown_name.hpp"
#include "model/unicode.hpp"
#include "net/listener.hpp"
#include "net/origin_check.hpp"

namespace chat {

namespace {

// --- Checks: each returns what is wrong, or nothing ---------------------------------------------

using problem = std::optional<std::string>;

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
    const auto name = utf16_length(room.name) ? shown_name(room.name) : std::nullopt;
    if (!name || *utf16_length(*name) > limits::room_name_units_max)
      return "--room " + text + ": the name must have 1 to 100 characters of valid UTF-8, and it " +
             std::string(shown_name_rule);
    room.name = *name;
    room.created_ms = wall_clock_ms();
    c.room_definitions.push_back(std::move(room));
  }
  return std::nullopt;
}

problem check_public_urls(config& c) {
  for (const auto& text : c.public_urls) {
    auto url = parse_public_url(text);
    if (!url)
      return "--public-url " + text +
             ": expected http(s)://host[:port][/path], or the same with ws(s)";
    c.urls.push_back(std::move(*url));
  }
  return std::nullopt;
}

problem check_proxies(config& c) {
  for (const auto& network : c.trusted_proxies)
    if (!c.proxies.add(network))
      return "--trusted-proxy " + network +
             ": expected an address or a network, such as 10.0.0.0/8";
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
      return "--allow-origin " + origin +
             ": expected http(s)://host[:port] without a path, or null";
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

problem check(config& c) {
  set_defaults(c);
  c.rates = rates_of(c);
  if (auto p = check_listen(c)) return p;
  if (auto p = check_auth(c)) return p;
  if (auto p = check_origins(c)) return p;
  if (auto p = check_rooms(c)) return p;
  if (auto p = check_timeouts(c)) return p;
  if (auto p = check_proxies(c)) return p;
  return check_public_urls(c);
}

// --- Reading -----------------------------------------------------------------------------------

// CLI11 lets a file win over the environment; we want it the other way round, so the environment
// is turned into flags, for options that no flag names.
std::vector<std::string> with_environment(const CLI::App& app, std::vector<std::string> args) {
  auto options = settings_of(app);
  options.push_back(app.get_config_ptr());
  for (const auto* option : options) {
    const auto name = option->get_lnames().at(0);
    const char* value = std::getenv(variable_of(name).c_str());
    const std::string flag = "--" + name;
    if (!value || !*value || is_given(args, flag)) continue;
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

std::string toml_of(const CLI::Option& option) {
  std::string value;
  for (const auto& one : values_of(option))
    value += (value.empty() ? "" : ", ") + toml_value(option, one);
  return is_list(option) ? '[' + value + ']' : value;
}

std::map<std::string, std::string> all_toml(const CLI::App& app) {
  std::map<std::string, std::string> values;
  for (const auto* option : settings_of(app)) values[option->get_lnames().at(0)] = toml_of(*option);
  return values;
}

// The settings as a file that --config reads: each with what it is for; those not set are comments,
// and with `as_comments` all of them.
std::string to_toml(const CLI::App& app, bool as_comments) {
  std::string out;
  for (const auto* option : settings_of(app)) {
    const auto value = toml_of(*option);
    const bool is_set = value != "[]" && value != R"("")" && !as_comments;
    out += "# " + option->get_description() + "\n";
    out += (is_set ? "" : "# ") + option->get_lnames().at(0) + " = " + value + "\n";
    if (as_comments) out += '\n';
  }
  return out;
}

constexpr const char* about = "chatd: a real-time chat node for people and AI agents";

}  // namespace

rate_limits rates_of(const config& c) {
  const auto twice = [](unsigned a_second) { return rate{1.0 * a_second, 2.0 * a_second}; };
  return {.on = c.rate_limits == "on",
          .handoffs = {c.handoff_rate / 60.0, 1.0 * c.handoff_rate},
          .commands = twice(c.command_rate),
          .messages = twice(c.message_rate)};
}

invocation read_config(int argc, const char* const* argv) {
  invocation result;
  run_instead asked;
  CLI::App app(about, "chatd");
  add_settings(app, result.settings, asked);
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    app.parse(with_environment(app, args));
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream out;
    app.exit(e, out, out);
    return {invocation::kind::print_and_exit, {}, out.str()};
  } catch (const CLI::FileError&) {
    return refuse(say_unreadable_file(app));
  } catch (const CLI::ConfigError& e) {
    return refuse(say_wrong_file(app, e.what()));
  } catch (const CLI::Error& e) {
    return refuse(say_wrong_value(app, args, e.what()));
  }
  if (const auto wrong = check(result.settings)) return refuse(*wrong);
  result.settings.values = all_toml(app);
  result.settings.as_json = to_json(settings_of(app));
  if (asked.print_config) return {invocation::kind::print_and_exit, {}, to_toml(app, false)};
  if (asked.check_config) {
    const auto said = check_files(result.settings);
    if (!said) return refuse(said.error().message + ". " + said.error().suggestion);
    return {invocation::kind::print_and_exit,
            {},
            unknown_variables(app) + *said + "chatd: the settings are valid\n"};
  }
  result.output = unknown_variables(app);
  if (result.settings.threads == 0)
    result.settings.threads = std::min(usable_processors(), limits::threads_max);
  return result;
}

std::string default_settings() {
  config settings;
  run_instead asked;
  CLI::App app(about, "chatd");
  add_settings(app, settings, asked);
  return "# Settings of chatd: each with its default. Flags win over the environment "
         "(CHATD_LISTEN), "
         "the\n# environment over this file. SIGHUP has it read again.\n\n" +
         to_toml(app, true);
}

namespace {

// What parts the cells of a Markdown table is no part of their texts.
std::string escaped_cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, 1, '\\');
  return text;
}

}  // namespace

std::string settings_table() {
  config settings;
  run_instead asked;
  CLI::App app(about, "chatd");
  add_settings(app, settings, asked);
  std::string out = "| key | default | |\n|---|---|---|\n";
  for (const auto* option : settings_of(app)) {
    const auto value = toml_of(*option);
    out += "| `" + option->get_lnames().at(0) + "` | " +
           (value == R"("")" || value == "[]" ? "" : '`' + value + '`') + " | " +
           escaped_cell(option->get_description()) + " |\n";
  }
  return out;
}

}  // namespace chat
