#include "bench/load/settings.hpp"

#include <algorithm>
#include <cstdio>

#include "bench/load/run_failure.hpp"

namespace bench {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

}  // namespace

const std::vector<scenario_name>& scenario_names() {
  static const std::vector<scenario_name> names = {
      {"mixed", "people who talk, join and leave; agents who poll and send (default)"},
      {"fanout", "R rooms x M members, S senders each"},
      {"idle", "R x M sessions that do nothing: memory and CPU"},
      {"connect", "chat-connect, upgrade, welcome; a storm, or steady with --rate"},
      {"commands", "chat-status, chat-poll, chat-send over kept-alive HTTP"},
      {"durable", "messages acknowledged a second, each sender in a room of its own"},
      {"slow", "a share of the members never reads"},
  };
  return names;
}

settings defaults_of(const std::string& scenario) {
  const auto& names = scenario_names();
  if (std::ranges::find(names, scenario, &scenario_name::name) == names.end())
    throw run_failure("there is no scenario " + scenario + "; chat-bench --help lists them");
  settings s;
  s.scenario = scenario;
  if (scenario == "mixed") {
    s.rooms = 20;
    s.members = 25;
    s.rate = 1000;
    s.seconds = 10;
  } else if (scenario == "idle") {
    s.rooms = 190;
    s.members = 100;
  } else if (scenario == "connect") {
    s.rooms = 100;
    s.members = 1000;
  } else if (scenario == "durable") {
    s.rooms = 1000;
    s.members = 1;
    s.window = 16;
  } else if (scenario == "slow") {
    s.members = 5000;
    s.senders = 4;
    s.rate = 40;
    s.text_bytes = 1900;
    s.seconds = 40;
  }
  return s;
}

std::string describe(const settings& s) {
  const bool talks = s.scenario != "idle" && s.scenario != "connect" && s.scenario != "commands";
  std::string text;
  if (s.scenario == "commands") {
    text = s.command + ", " + std::to_string(s.connections) + " connections";
    if (s.command != "chat-status")
      text += std::string(", ") + (s.oldest ? "oldest " : "newest ") + std::to_string(s.page) +
              " of " + std::to_string(s.stored) + " messages";
  } else if (s.scenario == "connect") {
    text = s.rate > 0 ? number(s.rate) + "/s"
                      : "storm, " + std::to_string(s.connections) + " at a time";
  } else {
    text = std::to_string(s.rooms) + " x " + std::to_string(s.members);
  }
  if (!talks) return text;
  if (s.senders > 0) text += ", " + std::to_string(s.senders) + " senders";
  text += s.rate > 0 ? ", " + number(s.rate) + "/s" : ", window " + std::to_string(s.window);
  text += ", " + std::to_string(s.text_bytes) + " bytes";
  if (s.scenario == "slow") text += ", " + number(100 * s.slow_share) + " % deaf";
  return text;
}

}  // namespace bench
