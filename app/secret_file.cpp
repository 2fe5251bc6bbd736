#include "app/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/unique_fd.hpp"

namespace chat {

namespace {

tl::unexpected<failure> refuse(const std::filesystem::path& file, const std::string& why,
                               const std::string& suggestion) {
  return tl::unexpected(
      make_failure(errc::validation_error, '"' + file.string() + "\" " + why, suggestion));
}

tl::unexpected<failure> system_failure(const std::filesystem::path& file, const char* what,
                                       std::string_view option) {
  return refuse(file, std::string(what) + ": " + std::generic_category().message(errno),
                "Name a file that you may use with " + std::string(option));
}

result<std::string> read_all(const std::filesystem::path& file, std::string_view option,
                             std::size_t bytes_max, bool is_secret) {
  const unique_fd in(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!in || fstat(in.get(), &about) != 0) return system_failure(file, "cannot be read", option);
  if (is_secret && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refuse(file, "is open to others", "chmod 600 it");
  std::string text;
  std::string block(64 * 1024, '\0');
  while (true) {
    const auto got = ::read(in.get(), block.data(), block.size());
    if (got < 0) return system_failure(file, "cannot be read", option);
    if (got == 0) return text;
    text.append(block, 0, static_cast<std::size_t>(got));
    if (text.size() > bytes_max)
      return refuse(file, "is too large", "Name the right file with " + std::string(option));
  }
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

result<std::string> read_file(const std::filesystem::path& file, std::string_view option,
                              std::size_t bytes_max) {
  return read_all(file, option, bytes_max, false);
}

result<std::string> read_secret_file(const std::filesystem::path& file, std::string_view option,
                                     std::size_t bytes_max) {
  return read_all(file, option, bytes_max, true);
}

void give_to_owner_of_folder(int fd, const std::filesystem::path& file) {
  struct stat about {};
  if (geteuid() != 0 || stat(folder_of(file).c_str(), &about) != 0) return;
  if (fchown(fd, about.st_uid, about.st_gid) != 0) return;  // a file system without owners
}

result<void> write_secret_file(const std::filesystem::path& file, std::string_view option,
                               std::string_view text) {
  auto temporary = file;
  temporary += ".new";
  unlink(temporary.c_str());
  const unique_fd out(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return system_failure(file, "cannot be written", option);
  give_to_owner_of_folder(out.get(), file);
  for (auto rest = text; !rest.empty();) {
    const auto n = write(out.get(), rest.data(), rest.size());
    if (n < 0) return system_failure(file, "cannot be written", option);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fsync(out.get()) != 0 || rename(temporary.c_str(), file.c_str()) != 0)
    return system_failure(file, "cannot be written", option);
  // Its name too has to be there after a power cut.
  const unique_fd names(open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!names || fsync(names.get()) != 0) return system_failure(file, "cannot be written", option);
  return {};
}

}  // namespace chat
