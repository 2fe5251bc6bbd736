#include "cli/inspection.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <thread>

namespace chat::cli {

namespace {

constexpr int patience = 5;  // times to be told that we are too fast
constexpr std::chrono::seconds longest_wait{60};
constexpr std::size_t shown_bytes_max = 120;

bool is_screaming(const std::string& code) {
  return !code.empty() && std::ranges::all_of(code, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// What the node says of when to ask again.
std::chrono::seconds wait_of(const node_client::answer& answer) {
  constexpr std::string_view key = R"("retryAfterSeconds":)";
  const auto found = answer.body.find(key);
  const int seconds =
      found == std::string::npos ? 1 : std::atoi(answer.body.c_str() + found + key.size());
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(1), longest_wait);
}

void wait_for_turn(std::chrono::seconds time) {
  if (isatty(2) == 1)
    std::fprintf(stderr, "\r\x1b[Kthe node finds this too fast: going on in %d s",
                 static_cast<int>(time.count()));
  const auto until = std::chrono::steady_clock::now() + time;
  while (!is_interrupted() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

volatile std::sig_atomic_t interrupted = 0;

std::string random_room() {
  std::random_device source;
  return "afd-validate-" + std::to_string(source()) + '-' + std::to_string(source());
}

}  // namespace

inspection::inspection(remote which, std::string of_category)
    : node(std::move(which)), category(std::move(of_category)), room(random_room()) {}

node_client::answer inspection::send(const std::string& method, const std::string& path,
                                     const std::string& body, const client_headers& headers) const {
  for (int i = 0;; ++i) {
    auto answer = node.send(method, path, body, headers);
    const bool is_refused =
        answer.status == 429 || answer.body.find(R"("code":"RATE_LIMITED")") != std::string::npos;
    if (!is_refused || i == patience || is_interrupted()) return answer;
    wait_for_turn(wait_of(answer));
  }
}

node_client::answer inspection::post(const std::string& path, const std::string& body,
                                     const client_headers& headers) const {
  client_headers all{{"Content-Type", "application/json"}, {"Accept", "*/*"}};
  all.insert(all.end(), headers.begin(), headers.end());
  return send("POST", path, body, all);
}

json inspection::call(const std::string& command, const json& input) const {
  json request{{"jsonrpc", "2.0"}, {"id", 1}, {"method", command}};
  request["params"] = input;
  return at(body_of(post("/rpc", dump(request))), "result");
}

bool is_interrupted() {
  static const bool listens = [] {
    struct sigaction once = {};
    once.sa_handler = [](int) { interrupted = 1; };
    once.sa_flags = static_cast<int>(SA_RESETHAND);
    return sigaction(SIGINT, &once, nullptr) == 0 && sigaction(SIGTERM, &once, nullptr) == 0;
  }();
  return listens && interrupted != 0;
}

json body_of(const node_client::answer& answer) {
  auto body = json::parse(answer.body, nullptr, false);
  return body.is_discarded() ? json() : body;
}

std::string fault_of_result(const json& result) {
  if (!result.is_object()) return "it is no object";
  if (!at(result, "success").is_boolean()) return "`success` is no boolean";
  const auto& error = at(result, "error");
  if (is_true(result["success"]) && !error.is_null()) return "a success has an `error`";
  if (!is_true(result["success"])) {
    if (!is_screaming(text_at(error, "code"))) return "`error.code` is not SCREAMING_SNAKE_CASE";
    for (const char* name : {"message", "suggestion"})
      if (text_at(error, name).empty()) return "`error." + std::string(name) + "` is missing";
  }
  const auto& metadata = at(result, "metadata");
  if (!at(metadata, "executionTimeMs").is_number())
    return "`metadata.executionTimeMs` is no number";
  for (const char* name : {"commandVersion", "traceId", "timestamp"})
    if (text_at(metadata, name).empty()) return "`metadata." + std::string(name) + "` is missing";
  if (at(result, "_agentHints") != at(metadata, "agentHints"))
    return "`_agentHints` and `metadata.agentHints` differ";
  return {};
}

std::string code_of(const json& result) { return text_at(at(result, "error"), "code"); }

std::string shown(const json& value) {
  auto text = dump(value);
  if (text.size() > shown_bytes_max) text = text.substr(0, shown_bytes_max) + "…";
  return text;
}

}  // namespace chat::cli
