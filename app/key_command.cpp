#include "app/key_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <system_error>

#include "app/authentication.hpp"
#include "app/key_file.hpp"
#include "model/ids.hpp"
#include "model/limits.hpp"
#include "model/shown_name.hpp"
#include "model/standard_output.hpp"
#include "model/terminal_text.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr int exit_no_key = 2;

struct asked {
  config where;  // only what says where the keys are
  std::string user_id;
  std::string name;
  std::string scope = "write";
  std::string key_id;
};

int refuse(const failure& why) {
  std::fprintf(stderr, "chatd: %s. %s\n", why.message.c_str(), why.suggestion.c_str());
  return exit_no_key;
}

failure bad(std::string message, std::string suggestion) {
  return make_failure(errc::validation_error, std::move(message), std::move(suggestion));
}

int add_key(const asked& a) {
  if (!is_user_id(a.user_id))
    return refuse(bad("--user: expected 1 to 128 characters", "Give the user an id, such as ada"));
  const auto name =
      a.name.empty() ? cleaned_name(a.user_id, limits::nickname_units_max) : shown_name(a.name);
  if (!utf16_length(a.name) || !name)
    return refuse(
        bad("--name " + std::string(shown_name_rule), "Give another one, as others shall see it"));
  if (utf16_length(*name) > limits::nickname_units_max)
    return refuse(bad("--name: expected at most 50 characters", "Give a shorter one"));
  const auto file = key_file_of(a.where);
  std::error_code ec;  // what is wrong shows when the file is made
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ec);
  bool is_shown = false;
  const auto done = change_keys(file, [&](api_keys& keys) -> result<void> {
    if (keys.all().size() >= limits::api_keys_max)
      return tl::unexpected(bad("there are as many API keys as a node can have",
                                "Revoke some with chatd key revoke"));
    const auto text =
        keys.add(a.user_id, *name, parse_scope(a.scope).value_or(scope::read), wall_clock_ms());
    // Before it is stored: a key that works and that nobody has seen must not be.
    std::printf("%s\n", text.c_str());
    if (const auto problem = find_output_problem())
      return tl::unexpected(bad("no key was made: " + *problem, "Try again where it can be read"));
    is_shown = true;
    return {};
  });
  if (!done) {
    if (is_shown) std::fprintf(stderr, "chatd: the key above is not stored, and does not work\n");
    return refuse(done.error());
  }
  std::fprintf(stderr,
               "This is the key of %s, with the scope %s. It is shown this once; keep it secret.\n"
               "Send it as: Authorization: Bearer KEY\n",
               terminal_text(a.user_id).c_str(), a.scope.c_str());
  return 0;
}

int list_keys(const asked& a) {
  const auto keys = load_keys(key_file_of(a.where));
  if (!keys) return refuse(keys.error());
  std::printf("%-12s  %-5s  %-24s  %-20s  %s\n", "ID", "SCOPE", "CREATED", "USER", "NAME");
  for (const auto& key : keys->all())
    std::printf("%-12s  %-5s  %-24s  %-20s  %s\n", key.id.c_str(),
                std::string(to_string(key.may)).c_str(), format_time(key.created_ms).c_str(),
                terminal_text(key.user_id).c_str(), terminal_text(key.name).c_str());
  return 0;
}

int revoke_key(const asked& a) {
  const auto done = change_keys(key_file_of(a.where), [&](api_keys& keys) -> result<void> {
    if (keys.remove(a.key_id)) return {};
    return tl::unexpected(
        bad("there is no API key \"" + a.key_id + '"', "chatd key list shows the ids of all keys"));
  });
  if (!done) return refuse(done.error());
  std::fprintf(stderr, "Revoked. A node that runs takes notice within a second.\n");
  return 0;
}

}  // namespace

int run_key_command(int argc, const char* const* argv) {
  asked a;
  int status = 0;
  CLI::App app("API keys of a node that runs with --auth keys", "chatd key");
  app.require_subcommand(1);
  const auto add_command = [&](const char* name, const char* help, int (*run)(const asked&)) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("--data", a.where.data, "the node's data directory")
        ->envname("CHATD_DATA")
        ->capture_default_str();
    command->add_option("--keys-file", a.where.keys_file, "the node's --keys-file, if it has one")
        ->envname("CHATD_KEYS_FILE");
    command->callback([&a, &status, run] { status = run(a); });
    return command;
  };
  auto* add = add_command("add", "make a key and print it, this once", add_key);
  add->add_option("--user", a.user_id, "id of the user it stands for")->required();
  add->add_option("--name", a.name, "display name of the user; default: its id");
  add->add_option("--scope", a.scope, "read, write (and read), or admin (all)")
      ->check(CLI::IsMember({"read", "write", "admin"}))
      ->capture_default_str();
  add_command("list", "show the keys, without their secrets", list_keys);
  add_command("revoke", "make a key useless; the last of a user ends the user's sessions",
              revoke_key)
      ->add_option("id", a.key_id, "id of the key, as list shows it")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help
    return app.exit(e);
  } catch (const CLI::Error& e) {
    std::fprintf(stderr, "chatd key: %s (see chatd key --help)\n", e.what());
    return exit_no_key;
  }
  return status;
}

}  // namespace chat
