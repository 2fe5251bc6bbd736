#include "app/settings_check.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "app/authentication.hpp"
#include "app/token_secret.hpp"
#include "net/tls_certificate.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

tl::unexpected<failure> unusable(const fs::path& what, std::string_view why,
                                 std::string_view option) {
  return tl::unexpected(
      make_failure(errc::validation_error, '"' + what.string() + "\" " + std::string(why),
                   "Mend its permissions, or name another with " + std::string(option)));
}

// A directory that is there, or can be made.
result<void> check_directory(const fs::path& directory, std::string_view option) {
  std::error_code ec;
  auto there = fs::absolute(directory, ec);
  while (!ec && !fs::exists(there, ec) && !ec && there.has_relative_path())
    there = there.parent_path();
  if (directory.empty() || ec)
    return unusable(directory,
                    directory.empty() ? "is no name" : "cannot be looked at: " + ec.message(),
                    option);
  if (!fs::is_directory(there, ec)) return unusable(there, "is no directory", option);
  if (access(there.c_str(), W_OK | X_OK) == 0) return {};
  return unusable(there, "cannot be written: " + std::system_category().message(errno), option);
}

result<void> check_token_secret(const config& settings) {
  const auto file = token_secret_file_of(settings);
  std::error_code ec;
  if (!fs::exists(file, ec))
    return check_directory(fs::absolute(file, ec).parent_path(), "--token-secret-file");
  const auto secret = read_secret(file, "--token-secret-file");
  if (!secret) return tl::unexpected(secret.error());
  return {};
}

result<void> check_audit_log(const fs::path& file) {
  std::error_code ec;
  if (!fs::exists(file, ec)) {
    const auto folder = fs::absolute(file, ec).parent_path();
    if (!fs::exists(folder, ec))
      return tl::unexpected(make_failure(errc::validation_error,
                                         '"' + folder.string() + "\" is not there",
                                         "Make it, or name another file with --audit-log"));
    return check_directory(folder, "--audit-log");
  }
  if (!fs::is_regular_file(file, ec)) return unusable(file, "is no file", "--audit-log");
  if (access(file.c_str(), W_OK) == 0) return {};
  return unusable(file, "cannot be written: " + std::system_category().message(errno),
                  "--audit-log");
}

}  // namespace

result<std::string> check_files(const config& settings) {
  std::string warnings;
  if (!settings.tls_cert.empty()) {
    tls_certificate certificate;
    const auto loaded = certificate.load(settings.tls_cert, settings.tls_key);
    if (!loaded) return tl::unexpected(loaded.error());
    for (const auto& warning : loaded->warnings) warnings += "chatd: warning: " + warning + '\n';
  }
  if (auto fine = check_directory(settings.data, "--data"); !fine)
    return tl::unexpected(fine.error());
  if (auto fine = check_token_secret(settings); !fine) return tl::unexpected(fine.error());
  if (!settings.audit_log.empty()) {
    if (auto fine = check_audit_log(settings.audit_log); !fine) return tl::unexpected(fine.error());
  }
  if (const auto made = authentication::make(settings, nullptr); !made)
    return tl::unexpected(made.error());
  return warnings;
}

}  // namespace chat
