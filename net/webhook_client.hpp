#pragma once
// Webhooks on the network: one POST a connection, on a thread of its own, so that no loop of the
// node ever waits for the targets' names, certificates or answers.

#include <memory>

#include "actors/webhook_sender.hpp"
#include "model/failure.hpp"

namespace chat {

/// Names are looked up anew for every request, each on a thread of its own, as the system's
/// resolver waits and has no deadline but its own; the requests that may be under way bound them
/// (limits.hpp). A connection goes to one of the addresses that were checked. Certificates are
/// checked against the system's store (SSL_CERT_FILE names another one). A redirect is not
/// followed: it is an answer like any that is no success.
class webhook_client final : public webhook_sender {
 public:
  /// With `allow_inside` targets may be on this machine and in private networks; never link-local.
  static result<std::unique_ptr<webhook_client>> start(bool allow_inside);
  /// Stops: no `then` is called any more, requests under way are cut off.
  ~webhook_client() override;

  void look_up(const std::string& url,
               std::function<void(std::optional<std::string>)> then) override;
  void send(webhook_request request, std::function<void(webhook_answer)> then) override;

  struct impl;
  explicit webhook_client(std::unique_ptr<impl> p);

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace chat
