#include <unistd.h>

#include <cctype>
#include <cmath>

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace chat::cli {

namespace {

// As a part of a path.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.')
      out += c;
    else
      (out += '%').append({digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

void show_progress(const json& chunk) {
  const auto& progress = at(chunk, "progress");
  const auto part = progress.is_number() ? std::lround(progress.get<double>() * 100) : 0;
  note(
      note_colours().faint(std::to_string(part) + "% " + terminal_text(text_at(chunk, "message"))));
}

// One chunk, for people. Answers whether it could be printed.
bool show_chunk(const json& chunk, bool shows_progress) {
  const auto type = text_at(chunk, "type");
  if (type == "progress" && shows_progress) show_progress(chunk);
  if (type == "data") return print(render_data(at(chunk, "data"), out_colours()));
  if (type == "error") {
    json failed = json::object();
    failed["error"] = at(chunk, "error");
    return print(render_result(failed, out_colours(), false));
  }
  if (type != "complete") return true;
  const auto& count = at(chunk, "totalChunks");
  const auto reasoning = terminal_text(text_at(chunk, "reasoning"));
  return print(out_colours().good("✓") + ' ' + (reasoning.empty() ? "Complete" : reasoning) +
               out_colours().faint(" (" + dump(count) + " chunks)") + '\n');
}

}  // namespace

int run_stream(const settings& s, const call_request& r) {
  const auto input = input_of(s, r);
  return input ? stream_command(s, r.name, *input, r.shows_progress) : refuse(s, input.error());
}

int stream_command(const settings& s, const std::string& name, const json& input,
                   bool shows_progress) {
  auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  node->set_timeout(s.timeout_or(limits::cli_stream_timeout));
  bool is_complete = false;
  bool is_well = true;
  const auto on_event = [&](std::string_view event) {
    const auto chunk = json::parse(event, nullptr, false);
    const bool is_shown = s.json ? print_json(chunk, -1) : show_chunk(chunk, shows_progress);
    const auto type = text_at(chunk, "type");
    is_well = is_shown && type != "error";
    is_complete = !is_shown || type == "complete" || type == "error";
    return !is_complete;
  };
  const auto answer =
      node->send("POST", "/stream/" + percent_encoded(name), dump(input),
                 {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}}, on_event);
  if (is_complete) return is_well ? exit_done : exit_failed;
  if (auto refused = json::parse(answer.body, nullptr, false); at(refused, "error").is_object()) {
    refused["success"] = false;
    return show_result(s, refused);
  }
  auto why = node->unusable(answer);
  if (answer.status == 200) why.message = "The stream ended before it was complete";
  return refuse(s, why);
}

}  // namespace chat::cli
