#include "app/key_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "app/secret_file.hpp"
#include "model/limits.hpp"
#include "net/unique_fd.hpp"

namespace chat {

namespace {

tl::unexpected<failure> refuse(const std::filesystem::path& file, const failure& why) {
  return tl::unexpected(make_failure(errc::validation_error,
                                     "the API keys \"" + file.string() + "\": " + why.message,
                                     why.suggestion));
}

}  // namespace

result<api_keys> load_keys(const std::filesystem::path& file) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec) && !ec) return api_keys();
  return read_keys(file);
}

result<api_keys> read_keys(const std::filesystem::path& file) {
  const auto text = read_secret_file(file, "--keys-file", limits::key_file_bytes_max);
  if (!text) return tl::unexpected(text.error());
  auto keys = api_keys::parse(*text);
  if (!keys) return refuse(file, keys.error());
  return keys;
}

result<void> change_keys(const std::filesystem::path& file,
                         const std::function<result<void>(api_keys&)>& change) {
  auto lock_file = file;
  lock_file += ".lock";
  const unique_fd lock(open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || flock(lock.get(), LOCK_EX) != 0)
    return refuse(file, make_failure(errc::validation_error,
                                     "cannot be changed: " + std::generic_category().message(errno),
                                     "Name a file in a directory that you may write to"));
  give_to_owner_of_folder(lock.get(), lock_file);
  auto keys = load_keys(file);
  if (!keys) return tl::unexpected(keys.error());
  if (auto changed = change(*keys); !changed) return changed;
  return write_secret_file(file, "--keys-file", keys->to_json() + '\n');
}

}  // namespace chat
