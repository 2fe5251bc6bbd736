#include "app/audit_file.hpp"

#include <fcntl.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/steady_clock.hpp"
#include "model/token_bucket.hpp"

namespace chat {

namespace {

constexpr std::size_t file_bytes_max = 10 * 1000 * 1000;
constexpr std::size_t older_files = 9;

// spdlog makes every file of the rotation, and lets everybody read it.
spdlog::file_event_handlers owner_only() {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    fchmod(fileno(file), 0600);
  };
  return handlers;
}

// spdlog throws where the file cannot be opened.
std::unique_ptr<spdlog::logger> make_logger(const std::string& file) {
  auto logger = std::make_unique<spdlog::logger>(
      "audit", std::make_shared<spdlog::sinks::rotating_file_sink_st>(
                   file, file_bytes_max, older_files, false, owner_only()));
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::info);  // what happened is in the file when somebody looks
  logger->set_error_handler(
      [](const std::string& why) { spdlog::error("the audit log cannot be written: {}", why); });
  return logger;
}

class audit_file final : public audit_log {
 public:
  explicit audit_file(std::string file) : file_(std::move(file)), logger_(make_logger(file_)) {}

  void write(const audit_entry& entry) noexcept override {
    const std::lock_guard lock(mutex_);
    std::uint64_t left_out = 0;
    if (entry.event == "refused" && !may_refuse(left_out)) return;
    std::string line;
    json_writer json(line);
    json.begin_object().field("time", format_time(wall_clock_ms())).field("event", entry.event);
    const auto add = [&json](std::string_view name, std::string_view value) {
      if (!value.empty()) json.field(name, value);
    };
    add("session", entry.session_id);
    add("user", entry.user_id);
    add("room", entry.room_id);
    add("address", entry.address);
    add("token", entry.token_id);
    add("webhook", entry.subscription_id);
    add("reason", entry.reason);
    if (left_out > 0) json.field("leftOut", left_out);
    json.end_object();
    logger_->info(line);
  }

  void reopen() noexcept override {
    const std::lock_guard lock(mutex_);
    try {
      logger_ = make_logger(file_);
    } catch (const spdlog::spdlog_ex& e) {
      spdlog::error("the audit log goes on in its old file: {}", e.what());
    }
  }

 private:
  // Whether one more refusal is written; if so, how many were not since the last one.
  // Requires: mutex_.
  bool may_refuse(std::uint64_t& left_out) {
    constexpr rate allowed{limits::audit_refusals_per_second, limits::audit_refusals_burst};
    const auto now = steady_clock_ms();
    if (refusals_.wait_ms(allowed, now) > 0) {
      ++left_out_;
      return false;
    }
    refusals_.take(allowed, now);
    left_out = std::exchange(left_out_, 0);
    return true;
  }

  const std::string file_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<spdlog::logger> logger_;
  token_bucket refusals_;
  std::uint64_t left_out_ = 0;
};

}  // namespace

result<std::unique_ptr<audit_log>> open_audit_file(const std::filesystem::path& file) {
  // spdlog would throw.
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return tl::unexpected(
        make_failure(errc::validation_error,
                     "the audit log \"" + file.string() +
                         "\" cannot be written: " + std::generic_category().message(errno),
                     "Name a file in a directory that chatd may write to with --audit-log"));
  ::close(fd);
  try {
    return std::make_unique<audit_file>(file.string());
  } catch (const spdlog::spdlog_ex& e) {  // it was taken away meanwhile
    return tl::unexpected(
        make_failure(errc::validation_error, e.what(), "Name another file with --audit-log"));
  }
}

}  // namespace chat
