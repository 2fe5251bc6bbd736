#include "app/token_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "model/handoff_token.hpp"
#include "model/ids.hpp"
#include "net/unique_fd.hpp"

namespace chat {

namespace {

constexpr std::size_t secret_bytes_max = 4096;

tl::unexpected<failure> refuse(const std::filesystem::path& file, const std::string& why,
                               const std::string& suggestion) {
  return tl::unexpected(make_failure(
      errc::validation_error, "the token secret \"" + file.string() + "\" " + why, suggestion));
}

tl::unexpected<failure> system_failure(const std::filesystem::path& file, const char* what) {
  return refuse(file, std::string(what) + ": " + std::generic_category().message(errno),
                "Name a file that chatd may read with --token-secret-file");
}

result<std::string> read_secret(const std::filesystem::path& file, int fd) {
  struct stat about {};
  if (fstat(fd, &about) != 0) return system_failure(file, "cannot be read");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refuse(file, "is open to others", "chmod 600 it, or remove it for a new one");
  std::string secret(secret_bytes_max, '\0');
  const auto got = read(fd, secret.data(), secret.size());
  if (got < 0) return system_failure(file, "cannot be read");
  secret.resize(static_cast<std::size_t>(got));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.size() < token_signer::secret_bytes_min)
    return refuse(file, "is shorter than 32 bytes", "Put more random bytes in it, or remove it");
  return secret;
}

// Whole or not at all: a node killed meanwhile leaves no half of it.
result<std::string> make_secret(const std::filesystem::path& file) {
  auto temporary = file;
  temporary += ".new";
  unlink(temporary.c_str());
  const unique_fd out(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return system_failure(file, "cannot be made");
  auto secret = new_trace_id() + new_trace_id();  // 256 random bits
  const auto text = secret + '\n';
  if (write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      fsync(out.get()) != 0 || rename(temporary.c_str(), file.c_str()) != 0)
    return system_failure(file, "cannot be made");
  return secret;
}

}  // namespace

result<std::string> load_token_secret(const std::filesystem::path& file) {
  const unique_fd in(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in) return read_secret(file, in.get());
  if (errno != ENOENT) return system_failure(file, "cannot be read");
  return make_secret(file);
}

}  // namespace chat
