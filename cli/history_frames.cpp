#include "cli/history_frames.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

namespace chat::cli {

namespace {

json to_frame(const json& item) {
  const auto change = text_at(item, "change");
  json frame = json::object();
  frame["type"] = change.empty() ? "message" : "message_" + change;
  for (const auto& [key, value] : item.items())
    if (key != "change") frame[key] = value;
  if (const auto time = parse_time(text_at(item, "timestamp"))) frame["timestamp"] = *time;
  frame["history"] = true;
  return frame;
}

}  // namespace

std::vector<json> frames_of_page(const json& data) {
  std::vector<json> frames;
  for (const char* list : {"messages", "changes"})
    for (const auto& item : at(data, list))
      if (!is_true(at(item, "deleted"))) frames.push_back(to_frame(item));
  std::ranges::stable_sort(frames, {}, [](const json& frame) { return text_at(frame, "id"); });
  return frames;
}

std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm t{};
  int ms = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &t.tm_year, &t.tm_mon, &t.tm_mday,
                  &t.tm_hour, &t.tm_min, &t.tm_sec, &ms) < 6)
    return std::nullopt;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return std::int64_t(timegm(&t)) * 1000 + ms;
}

}  // namespace chat::cli
