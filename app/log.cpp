#include "app/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

// One JSON object a line; the text is escaped, whatever a client managed to get into it.
class json_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& m, spdlog::memory_buf_t& out) override {
    const auto since_epoch = m.time.time_since_epoch();
    std::string line;
    json_writer(line)
        .begin_object()
        .field(
            "time",
            format_time(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()))
        .field("level", to_view(spdlog::level::to_string_view(m.level)))
        .field("message", to_view(m.payload))
        .end_object();
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }

 private:
  static std::string_view to_view(spdlog::string_view_t text) { return {text.data(), text.size()}; }
};

}  // namespace

void start_log(const std::string& level, const std::string& format) {
  auto logger =
      std::make_shared<spdlog::logger>("chatd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (format == "json")
    logger->set_formatter(std::make_unique<json_formatter>());
  else
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace chat
