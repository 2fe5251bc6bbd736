#include "net/mcp/front.hpp"

#include "model/json_reader.hpp"

namespace chat::mcp {

namespace {

// An outlet with a POST that is only acknowledged.
class acknowledged_outlet final : public outlet {
 public:
  acknowledged_outlet(session_ptr of, responder respond)
      : of_(std::move(of)), respond_(std::move(respond)) {}

  bool can_stream() const override { return of_ != nullptr; }
  void send(std::string json) override {
    if (of_) of_->send(std::move(json));
  }
  void finish(std::string json, unsigned) override {
    send(std::move(json));
    respond_({.status = 202});
  }
  void hold(std::shared_ptr<void>) override {}  // nothing here is longer than its answer

 private:
  const session_ptr of_;
  const responder respond_;
};

}  // namespace

request_facts facts_of(const http_request& request, const rpc_request& call,
                       const door_context& context) {
  request_facts facts{.id = call.id,
                      .notification = call.notification,
                      .who = request.who(),
                      .who_now = who_sent(request, context.config),
                      .websocket_base = websocket_base(request, context.config),
                      .still_wanted = request.still_wanted()};
  const auto meta = call.params ? member(*call.params, "_meta") : std::nullopt;
  const auto token = meta ? member(*meta, "progressToken") : std::nullopt;
  if (token && (token->is_string() || token->is_number())) facts.progress_token = to_json(*token);
  return facts;
}

request_facts facts_of(const http_request& request, const rpc_request& call,
                       const door_context& context, session_ptr of) {
  auto facts = facts_of(request, call, context);
  auto agreed = of->agreed();
  facts.version = std::move(agreed.version);
  facts.client = agreed.client;
  facts.in_session = {context.config.sessions->use(of)};
  if (!call.notification) facts.in_session.push_back(of->begin(call.id, facts.still_wanted));
  facts.who_now = [weak = std::weak_ptr(of)]() -> result<caller> {
    if (const auto session = weak.lock()) return session->who_now();
    return tl::unexpected(make_failure(errc::unauthorized, "The session has ended"));
  };
  facts.session = std::move(of);
  return facts;
}

std::function<result<caller>()> who_sent(const http_request& request, const http_config& config) {
  return [&config, peer = request.peer(),
          shown = std::string(request.header(http::field::authorization))] {
    return config.authenticate(shown, peer);
  };
}

bool take_note(const rpc_request& call, session& of) {
  if (!call.notification || !call.method.starts_with("notifications/")) return false;
  const auto id = call.method == "notifications/cancelled" && call.params
                      ? member(*call.params, "requestId")
                      : std::nullopt;
  if (id) of.cancel(to_json(*id));
  return true;
}

void answer(request_facts facts, const rpc_request& call, const door_context& context,
            std::shared_ptr<outlet> out) {
  run(std::make_shared<exchange>(std::move(facts), context, std::move(out)), *context.config.mcp,
      call);
}

std::shared_ptr<outlet> stream_outlet(session_ptr of, responder respond) {
  return std::make_shared<acknowledged_outlet>(std::move(of), std::move(respond));
}

std::shared_ptr<outlet> silent_outlet(responder respond) {
  return std::make_shared<acknowledged_outlet>(nullptr, std::move(respond));
}

std::string_view version_for(const rpc_request& call) {
  const auto asked = call.params ? text_member(*call.params, "protocolVersion") : std::nullopt;
  return negotiated(asked.value_or(""));
}

client_features features_in(const rpc_request& call) {
  return read_client_features(call.params ? member(*call.params, "capabilities") : std::nullopt);
}

}  // namespace chat::mcp
