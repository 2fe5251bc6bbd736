#pragma once
// Batches and pipes as tests write them, and what became of their parts.

#include <string>

#include "tests/actors/test_node.hpp"

namespace chat::test {

inline std::string batch_of(const std::string& commands, const std::string& options = "{}") {
  return R"({"commands":[)" + commands + R"(],"options":)" + options + '}';
}

inline std::string pipe_of(const std::string& steps, const std::string& more = "") {
  return R"({"steps":[)" + steps + ']' + more + '}';
}

inline const std::string rooms = R"({"command":"chat-rooms"})";
inline const std::string fails = R"({"command":"chat-poll","input":{"roomId":"nowhere"}})";
inline std::string waits_for(const std::string& ms) {
  return R"({"command":"chat-poll","input":{"roomId":"tiny","waitMs":)" + ms + "}}";
}
inline const std::string waits = waits_for("30000");

inline std::string say(const std::string& text) {
  return R"({"command":"chat-send","input":{"roomId":"general","text":")" + text + "\"}}";
}

/// "OK CODE OK": what became of each command of a batch.
inline std::string outcomes(const std::string& json) {
  std::string out;
  for (int i = 0;; ++i) {
    const auto result = "/results/" + std::to_string(i) + "/result";
    const auto success = at(json, result + "/success");
    if (success == "absent") return out;
    if (i > 0) out += ' ';
    out += success == "true" ? "OK" : text_at(json, result + "/error/code");
  }
}

/// "success failure skipped": the status of each step of a pipe.
inline std::string statuses(const std::string& json) {
  std::string out;
  for (int i = 0;; ++i) {
    const auto status = text_at(json, "/steps/" + std::to_string(i) + "/status");
    if (status == "absent") return out;
    out += (i > 0 ? " " : "") + status;
  }
}

inline std::string many(const std::string& one, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += (i > 0 ? "," : "") + one;
  return out;
}

}  // namespace chat::test
