#include "app/token_secret.hpp"

#include <system_error>

#include "app/secret_file.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

constexpr std::size_t secret_bytes_max = 4096;
constexpr std::string_view option = "--token-secret-file";

}  // namespace

result<std::string> read_secret(const std::filesystem::path& file, std::string_view named_by) {
  auto secret = read_secret_file(file, named_by, secret_bytes_max);
  if (!secret) return secret;
  while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
  if (secret->size() < token_signer::secret_bytes_min)
    return tl::unexpected(make_failure(errc::validation_error,
                                       '"' + file.string() + "\" is shorter than 32 bytes",
                                       "Put more random bytes in it, or remove it"));
  return secret;
}

std::filesystem::path token_secret_file_of(const config& settings) {
  if (!settings.token_secret_file.empty()) return settings.token_secret_file;
  return std::filesystem::path(settings.data) / "token-secret";
}

result<std::string> load_token_secret(const std::filesystem::path& file) {
  std::error_code ec;
  if (std::filesystem::exists(file, ec) || ec) return read_secret(file, option);
  auto secret = new_trace_id() + new_trace_id();  // 256 random bits
  if (auto written = write_secret_file(file, option, secret + '\n'); !written)
    return tl::unexpected(written.error());
  return secret;
}

}  // namespace chat
