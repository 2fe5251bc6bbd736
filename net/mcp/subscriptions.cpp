#include "net/mcp/subscriptions.hpp"

#include <atomic>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/mcp/sessions.hpp"

namespace chat::mcp {

namespace {

std::string updated(std::string_view uri, std::string_view meta = "") {
  std::string params;
  json_writer json(params);
  json.begin_object();
  if (!meta.empty()) json.key("_meta").raw(meta);
  json.field("uri", uri).end_object();
  return params;
}

// The URI, or nothing after the answer.
std::optional<std::string> uri_of(const exchange_ptr& x, std::optional<element> params) {
  const auto uri = params ? text_member(*params, "uri") : std::nullopt;
  if (uri && x->facts().session) return std::string(*uri);
  if (!uri)
    x->fail_params("params.uri is missing or not a string",
                   "Name a resource of resources/list in params.uri");
  else
    x->fail({rpc_code::invalid_request, "Subscriptions need a session",
             "Begin one with initialize at POST /mcp, or open GET /sse"});
  return std::nullopt;
}

rpc_error too_many() {
  return {rpc_code::invalid_request, "You watch as many resources as one client can",
          "Unsubscribe from some first"};
}

// --- subscriptions/listen -----------------------------------------------------------------------

// What a client asked to hear of; its URIs as it wrote them.
struct wishes {
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  std::vector<std::string> uris;
};

std::optional<wishes> read_wishes(std::optional<element> params) {
  const auto filter = params ? member(*params, "notifications") : std::nullopt;
  if (!filter || !filter->is_object()) return std::nullopt;
  const auto wants = [&](std::string_view name) {
    bool wanted = false;
    const auto given = member(*filter, name);
    return given && !given->get(wanted) && wanted;
  };
  wishes w{
      wants("toolsListChanged"), wants("promptsListChanged"), wants("resourcesListChanged"), {}};
  simdjson::dom::array uris;
  const auto given = member(*filter, "resourceSubscriptions");
  if (given && !given->is_null()) {
    if (given->get(uris)) return std::nullopt;
    for (const auto uri : uris) {
      std::string_view text;
      if (uri.get(text) || is_broken_text(uri)) return std::nullopt;
      w.uris.emplace_back(text);
    }
  }
  return w;
}

// Without a session the credential of the request is the only one there is.
void end_with_credential(const exchange_ptr& x) {
  after(x->door().home, x->door().config.credential_interval, [weak = std::weak_ptr(x)] {
    const auto x = weak.lock();
    if (!x || x->is_answered()) return;
    const auto who = x->facts().who_now();
    if (who) return end_with_credential(x);
    x->fail({rpc_code::invalid_request, "This stream ends: " + who.error().message,
             "Listen again with a valid key or token", R"({"code":"UNAUTHORIZED"})"});
  });
}

// One listen on its way to its first message: every URI is tried first, because the
// acknowledgement says which of them are honoured and nothing may come before it.
class listening : public std::enable_shared_from_this<listening> {
 public:
  listening(exchange_ptr x, const service& offered, wishes wanted)
      : x_(std::move(x)), offered_(offered), wanted_(std::move(wanted)) {
    meta_ = R"({"io.modelcontextprotocol/subscriptionId":)" + x_->facts().id + '}';
  }

  void start() {
    left_ = wanted_.uris.size() + 1;
    for (const auto& uri : wanted_.uris)
      offered_.watch(x_, uri, teller("notifications/resources/updated", updated(uri, meta_)),
                     [self = shared_from_this(), uri](auto watch) {
                       if (watch) self->honour(uri, std::move(*watch));
                       self->one_less();
                     });
    one_less();
  }

 private:
  // Tells the client, as long as the request is held by its stream. What changes before the
  // acknowledgement is new to the client anyway.
  std::function<void()> teller(std::string_view method, std::string params) {
    return [weak = std::weak_ptr(x_), acknowledged = acknowledged_, method = std::string(method),
            params = std::move(params)] {
      const auto x = acknowledged->load() ? weak.lock() : nullptr;
      if (x) x->notify(method, params);
    };
  }

  void honour(const std::string& uri, std::shared_ptr<void> watch) {
    const std::lock_guard lock(mutex_);
    honoured_.push_back(uri);
    watches_.push_back(std::move(watch));
  }

  void one_less() {
    if (--left_ == 0) acknowledge();
  }

  void acknowledge() {
    const auto offers = offered_.offers();
    std::string params;
    json_writer json(params);
    json.begin_object().key("_meta").raw(meta_).key("notifications").begin_object();
    const auto list = [&](bool wanted, bool offered, change what, std::string_view key,
                          std::string_view method) {
      if (!wanted || !offered) return;
      json.field(key, true);
      watches_.push_back(offered_.watch(what, teller(method, R"({"_meta":)" + meta_ + '}')));
    };
    list(wanted_.tools, offers.tools_change, change::tools, "toolsListChanged",
         "notifications/tools/list_changed");
    list(wanted_.prompts, offers.prompts_change, change::prompts, "promptsListChanged",
         "notifications/prompts/list_changed");
    list(wanted_.resources, offers.resources_change, change::resources, "resourcesListChanged",
         "notifications/resources/list_changed");
    if (!honoured_.empty()) {
      json.key("resourceSubscriptions").begin_array();
      for (const auto& uri : honoured_) json.string(uri);
      json.end_array();
    }
    json.end_object().end_object();
    x_->notify("notifications/subscriptions/acknowledged", params);
    acknowledged_->store(true);
    for (auto& watch : watches_) x_->hold(std::move(watch));
    x_->hold(x_);  // until the client leaves
    end_with_credential(x_);
  }

  const exchange_ptr x_;
  const service& offered_;
  const wishes wanted_;
  std::string meta_;
  std::atomic<std::size_t> left_{0};
  const std::shared_ptr<std::atomic<bool>> acknowledged_ =
      std::make_shared<std::atomic<bool>>(false);
  std::mutex mutex_;  // guards what follows, until nothing is left
  std::vector<std::string> honoured_;
  std::vector<std::shared_ptr<void>> watches_;
};

}  // namespace

void subscribe(const exchange_ptr& x, const service& offered, std::optional<element> params) {
  const auto uri = uri_of(x, params);
  if (!uri) return;
  const auto& of = x->facts().session;
  if (!of->can_subscribe(*uri)) return x->fail(too_many());
  auto changed = [weak = std::weak_ptr(of), params = updated(*uri)] {
    if (const auto to = weak.lock())
      to->send(notification("notifications/resources/updated", params));
  };
  offered.watch(x, *uri, std::move(changed), [x, uri = *uri](auto watch) {
    if (!watch) return x->fail(watch.error());
    if (!x->facts().session->subscribe(uri, std::move(*watch))) return x->fail(too_many());
    x->result("{}");
  });
}

void unsubscribe(const exchange_ptr& x, const service&, std::optional<element> params) {
  const auto uri = uri_of(x, params);
  if (!uri) return;
  x->facts().session->unsubscribe(*uri);
  x->result("{}");
}

void listen(const exchange_ptr& x, const service& offered, std::optional<element> params) {
  auto wanted = read_wishes(params);
  if (!wanted)
    return x->fail_params("params.notifications is missing or malformed",
                          R"(Send {"notifications":{"resourceSubscriptions":["chat://rooms"]}})");
  if (wanted->uris.size() > limits::mcp_subscriptions_max) return x->fail(too_many());
  if (!x->can_stream())
    return x->fail({rpc_code::invalid_request, "The answer is an event stream",
                    "Send Accept: application/json, text/event-stream"},
                   406);
  auto place = x->door().config.sessions->take_stream();
  if (!place)
    return x->fail(
        {rpc_code::internal_error, "There are too many event streams", "Try again later, or poll"},
        503);
  x->hold(std::move(place));
  std::make_shared<listening>(x, offered, std::move(*wanted))->start();
}

}  // namespace chat::mcp
