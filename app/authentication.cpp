#include "app/authentication.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <system_error>
#include <utility>

#include "app/key_file.hpp"
#include "app/secret_file.hpp"
#include "app/token_secret.hpp"
#include "model/ids.hpp"
#include "model/limits.hpp"
#include "model/steady_clock.hpp"

namespace chat {

namespace {

// What follows `Bearer ` (RFC 6750, 2.1); schemes have no case (RFC 9110, 11.1).
std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (!boost::beast::iequals(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  authorization.remove_prefix(scheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

tl::unexpected<failure> unauthorized(std::string why) {
  return tl::unexpected(make_failure(errc::unauthorized, std::move(why)));
}

std::filesystem::file_time_type time_of(const std::filesystem::path& file) {
  std::error_code ec;
  const auto time = std::filesystem::last_write_time(file, ec);
  return ec ? std::filesystem::file_time_type{} : time;
}

result<access_tokens> load_access_tokens(const config& settings) {
  access_tokens tokens(settings.jwt_issuer, settings.jwt_audience);
  if (!settings.jwt_secret_file.empty()) {
    auto secret = read_secret(settings.jwt_secret_file, "--jwt-secret-file");
    if (!secret) return tl::unexpected(secret.error());
    tokens.add_secret(std::move(*secret));
  }
  if (!settings.jwt_keys_file.empty()) {
    const auto text =
        read_file(settings.jwt_keys_file, "--jwt-keys-file", limits::key_file_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (auto added = tokens.add_key_set(*text); !added)
      return tl::unexpected(make_failure(
          errc::validation_error, '"' + settings.jwt_keys_file + "\" " + added.error().message,
          added.error().suggestion));
  }
  if (settings.jwt_audience.empty())
    spdlog::warn("tokens for any audience are let in: name this node's with --jwt-audience");
  return tokens;
}

}  // namespace

std::filesystem::path key_file_of(const config& settings) {
  if (!settings.keys_file.empty()) return settings.keys_file;
  return std::filesystem::path(settings.data) / "api-keys.json";
}

result<std::unique_ptr<authentication>> authentication::make(const config& settings,
                                                             audit_log* audit) {
  std::unique_ptr<authentication> made(new authentication);
  made->audit_ = audit;
  made->is_on_ = settings.auth != "none";
  if (settings.rates.on)
    made->strangers_ = std::make_unique<rate_limiter>(rate_limits{
        .on = true,
        .commands = {limits::unknown_requests_per_second, limits::unknown_requests_burst}});
  made->is_jwt_ = settings.auth == "jwt";
  if (auto loaded = made->reload(settings); !loaded) return tl::unexpected(loaded.error());
  if (settings.auth == "keys") {
    made->key_file_ = key_file_of(settings);
    made->read_at_ = time_of(made->key_file_);
    auto keys = load_keys(made->key_file_);
    if (!keys) return tl::unexpected(keys.error());
    if (keys->all().empty())
      spdlog::warn("nobody has an API key yet: make one with `chatd key add --user NAME`");
    made->keys_ = std::make_shared<const api_keys>(std::move(*keys));
  }
  return made;
}

result<caller> authentication::check(std::string_view authorization,
                                     const std::string& address) const {
  auto who = identify(authorization);
  if (who) {
    who->address = address;
    return who;
  }
  if (const auto wait_ms = count_stranger(address))
    return tl::unexpected(
        make_rate_limited("Too many requests of your address do not say who sends them", wait_ms));
  if (audit_)
    audit_->write({.event = "refused", .address = address, .reason = who.error().message});
  return who;
}

// How long it has to wait before it may try again.
std::int64_t authentication::count_stranger(const std::string& address) const {
  if (!strangers_) return 0;
  return strangers_->admit(false, address, {}, steady_clock_ms());
}

result<caller> authentication::identify(std::string_view authorization) const {
  if (!is_on_) return local_user();
  if (authorization.empty()) return unauthorized("The request does not say who sends it");
  const auto credential = bearer(authorization);
  if (!credential) return unauthorized("The Authorization header is not of the scheme Bearer");
  if (is_jwt_) return tokens()->verify(*credential, wall_clock_ms() / 1000);
  return identify_key(*credential);
}

result<caller> authentication::identify_key(std::string_view text) const {
  const auto all = keys();
  const auto* key = all->find(text);
  if (!key) return unauthorized("This is no API key of this node");
  return caller{.user_id = key->user_id, .name = key->name, .may = key->may};
}

std::shared_ptr<const api_keys> authentication::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::shared_ptr<const access_tokens> authentication::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

result<void> authentication::reload(const config& settings) {
  if (!is_jwt_) return {};
  auto tokens = load_access_tokens(settings);
  if (!tokens) return tl::unexpected(tokens.error());
  auto now = std::make_shared<const access_tokens>(std::move(*tokens));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(now);
  return {};
}

std::optional<scope> authentication::standing_of(std::string_view user_id) const {
  if (const auto all = keys()) return all->scope_of(user_id);
  return scope::admin;
}

bool authentication::refresh() {
  if (key_file_.empty()) return false;
  const auto changed_at = time_of(key_file_);
  if (changed_at == read_at_) {
    failure_shown_.clear();  // what was wrong in between is over
    return false;
  }
  // A file that is missing takes away nobody's key: editors and tools that save by renaming leave
  // such a moment. To take all of them away is to write a file without keys.
  auto read = keys()->all().empty() ? load_keys(key_file_) : read_keys(key_file_);
  if (!read) {
    if (std::exchange(failure_shown_, read.error().message) != read.error().message)
      spdlog::error("the API keys stay as they were: {}. {}", read.error().message,
                    read.error().suggestion);
    return false;
  }
  failure_shown_.clear();
  read_at_ = changed_at;
  const auto now = std::make_shared<const api_keys>(std::move(*read));
  const auto before = [&] {
    const std::lock_guard lock(mutex_);
    return std::exchange(keys_, now);
  }();
  audit_changes(*before, *now);
  spdlog::info("API keys read again: there are {}", now->all().size());
  return true;
}

void authentication::audit_changes(const api_keys& before, const api_keys& now) const {
  if (!audit_) return;
  const auto tell = [&](const api_keys& from, const api_keys& other, std::string_view event) {
    for (const auto& key : from.all())
      if (std::ranges::find(other.all(), key.id, &api_key::id) == other.all().end())
        audit_->write({.event = event, .user_id = key.user_id, .token_id = key.id});
  };
  tell(before, now, "key-revoked");
  tell(now, before, "key-added");
}

}  // namespace chat
