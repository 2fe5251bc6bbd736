#pragma once
// The targets of webhooks: remember what was posted to them, and answer as a test wants it.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/webhook_sender.hpp"

namespace chat::test {

class fake_targets final : public webhook_sender {
 public:
  /// What is said of a URL when it is registered: nothing, or what is wrong with it.
  std::function<std::optional<std::string>(const std::string& url)> check = [](const std::string&) {
    return std::nullopt;
  };
  bool holds_look_ups = false;
  /// What a target answers; nothing: the request is held.
  std::function<std::optional<webhook_answer>(const webhook_request&)> reply =
      [](const webhook_request&) {
        return webhook_answer{200, {}, 0};
      };

  void look_up(const std::string& url,
               std::function<void(std::optional<std::string>)> then) override {
    if (holds_look_ups)
      held.push_back([then, said = check(url)] { then(said); });
    else
      then(check(url));
  }
  void send(webhook_request request, std::function<void(webhook_answer)> then) override {
    auto answer = reply(request);
    requests.push_back(std::move(request));
    if (answer)
      then(std::move(*answer));
    else
      held.push_back([then] { then({200, {}, 0}); });
  }
  /// What was held goes on, and succeeds.
  void release() {
    for (const auto& one : std::exchange(held, {})) one();
  }

  std::vector<webhook_request> requests;
  std::vector<std::function<void()>> held;
};

}  // namespace chat::test
