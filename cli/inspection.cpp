#include "cli/inspection.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace chat::cli {

namespace {

constexpr int patience = 5;  // times to be told that we are too fast
constexpr std::size_t shown_bytes_max = 120;

bool is_screaming(const std::string& code) {
  return !code.empty() && std::ranges::all_of(code, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

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
    if (!is_refused || i == patience) return answer;
    std::this_thread::sleep_for(std::chrono::seconds(1));
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
