#pragma once
// A node with a webhook, and what its target was told.

#include "model/signature.hpp"
#include "tests/actors/test_node.hpp"

namespace chat::test {

struct hook_node : test_node {
  using test_node::test_node;

  static std::string wish(const std::string& room = "general",
                          const std::string& url = "https://target.example/hook") {
    return R"({"roomId":")" + room + R"(","webhookUrl":")" + url + "\"}";
  }
  static std::string of(const std::string& id, const std::string& more = {}) {
    return R"({"subscriptionId":")" + id + '"' + more + '}';
  }
  /// Registers a webhook and answers its ID.
  std::string hook(const std::string& room = "general", caller who = local_user(),
                   const std::string& url = "https://target.example/hook") {
    const auto json = call("chat-webhook-register", wish(room, url), std::move(who));
    if (at(json, "/success") != "true") throw std::logic_error("no webhook: " + json);
    secret = text_at(json, "/data/secret");
    return text_at(json, "/data/subscriptionId");
  }
  void say(const std::string& text, const std::string& room = "general") {
    call("chat-send", R"({"roomId":")" + room + R"(","text":")" + text + "\"}");
  }
  /// Time passes in steps, as timers need it.
  void pass(std::chrono::milliseconds time, std::chrono::milliseconds step) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += step) advance(step);
  }

  static std::string header(const webhook_request& r, const std::string& name) {
    for (const auto& [key, value] : r.headers)
      if (key == name) return value;
    return "absent";
  }
  /// The texts of one request: "a, b".
  static std::string texts(const webhook_request& r) {
    std::string out;
    for (int i = 0;; ++i) {
      const auto text = text_at(r.body, "/messages/" + std::to_string(i) + "/text");
      if (text == "absent") return out;
      out += (i > 0 ? ", " : "") + text;
    }
  }
  /// The texts of all requests: "a, b | c".
  std::string posted() const {
    std::string out;
    for (const auto& r : targets.requests) out += (out.empty() ? "" : " | ") + texts(r);
    return out;
  }
  /// A value of the only webhook that chat-webhook-list tells of.
  std::string listed(const std::string& name, caller who = local_user()) {
    return text_at(call("chat-webhook-list", "{}", std::move(who)), "/data/webhooks/0/" + name);
  }
  void answer_always(unsigned status, std::int64_t retry_after_ms = 0) {
    targets.reply = [=](const auto&) { return webhook_answer{status, {}, retry_after_ms}; };
  }

  std::string secret;
};

}  // namespace chat::test
