#include "app/repair.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "storage/repair.hpp"

namespace chat {

namespace {

constexpr int exit_lost = 1;
constexpr int exit_not_repaired = 2;

std::string contents(const repair_report& report) {
  return std::to_string(report.rooms) + " room(s), " + std::to_string(report.sessions) +
         " session(s), " + std::to_string(report.messages) + " message(s)";
}

int tell(const repair_report& report, const std::string& data) {
  if (report.damaged.empty()) {
    std::printf("chatd repair: the store in \"%s\" is whole: %s. Nothing was changed.\n",
                data.c_str(), contents(report).c_str());
    return 0;
  }
  std::printf("chatd repair: kept %s\n", contents(report).c_str());
  for (const auto& line : report.lost) std::printf("chatd repair: lost %s\n", line.c_str());
  std::printf(
      "chatd repair: chatd can be started. The files as they were are in \"%s\": remove it when "
      "nothing is missed.\n",
      report.damaged.c_str());
  return report.lost.empty() ? 0 : exit_lost;
}

}  // namespace

int repair(int argc, const char* const* argv) {
  CLI::App app("Makes a damaged store usable again, with all of it that can still be read.",
               "chatd repair");
  std::string data = "./chatd-data";
  app.add_option("--data", data, "directory of the message store")
      ->envname("CHATD_DATA")
      ->capture_default_str();
  app.footer(
      "Stop chatd first. A store that is whole is left as it is. Else the damaged files are moved "
      "into\na directory damaged-N of it; that takes as much space again as the store has.\n"
      "Exit code 0: it is whole, or lost nothing. 1: something was lost. 2: nothing was done.");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::Success& e) {  // --help
    return app.exit(e);
  } catch (const CLI::Error& e) {
    std::fprintf(stderr, "chatd repair: %s (see chatd repair --help)\n", e.what());
    return exit_not_repaired;
  }
  const auto report = repair_store(data);
  if (report) return tell(*report, data);
  std::fprintf(stderr, "chatd repair: %s. %s\n", report.error().message.c_str(),
               report.error().suggestion.c_str());
  return exit_not_repaired;
}

}  // namespace chat
