#pragma once
// One request of a client, and the way to its answer.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_config.hpp"
#include "net/mcp/later.hpp"
#include "net/mcp/outlet.hpp"
#include "net/mcp/protocol.hpp"
#include "net/mcp/session.hpp"

namespace chat::mcp {

/// What is known of a request besides its method and params.
struct request_facts {
  era when = era::session;
  std::string version = {};
  std::string id = "null";  ///< JSON
  bool notification = false;
  caller who = {};
  /// Who the sender is by now: keys are revoked, tokens run out. Uses the thread's JSON parser.
  std::function<result<caller>()> who_now = {};
  std::string websocket_base = {};
  interest_ptr still_wanted = {};  ///< lost when the client cancels the request or hangs up
  session_ptr session = {};        ///< null without one …
  std::vector<std::shared_ptr<void>> in_session = {};  ///< … which knows of it as long as these
  client_features client = {};
  std::string progress_token = {};      ///< JSON; empty: no progress is wanted
  std::optional<log_level> least = {};  ///< log messages below are not wanted; nothing: none are
};

/// How long, and by whom, an answer may be kept (2026-07-28, server/utilities/caching).
struct cache_hint {
  std::chrono::milliseconds ttl{0};
  bool is_public = false;
};

/// Thread: any. Answered exactly once: later answers are ignored, and where none was given when the
/// last holder lets go the client is told so.
class exchange : public std::enable_shared_from_this<exchange> {
 public:
  exchange(request_facts facts, const door_context& door, std::shared_ptr<outlet> out)
      : facts_(std::move(facts)), door_(door), out_(std::move(out)) {}
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  const request_facts& facts() const { return facts_; }
  bool is_answered() const { return answered_.test(); }
  const door_context& door() const { return door_; }
  bool is_stateless() const { return facts_.when == era::stateless; }

  /// `object` is the result as a JSON object, without what every result has.
  void result(std::string_view object);
  /// The same, with how long it may be kept, in revisions that know it.
  void result(std::string_view object, cache_hint keep);
  /// Input of the client is needed first (2026-07-28, basic/patterns/mrtr); `object` has
  /// `inputRequests`, `requestState` or both. In the stateless era only.
  void need_input(std::string_view object);
  void fail(const rpc_error& why, unsigned status = 200);
  void fail_params(std::string message, std::string suggestion) {
    fail({rpc_code::invalid_params, std::move(message), std::move(suggestion)});
  }

  /// Whether messages before the answer reach the client.
  bool can_stream() const { return out_->can_stream(); }
  /// A notification about this request. `params` is a JSON object.
  void notify(std::string_view method, std::string_view params);
  /// notifications/progress, if the client wants it; a total that is not known is left out.
  void progress(double done, std::optional<double> total);
  /// notifications/message, if the client wants it. `data` is JSON.
  void log(log_level level, std::string_view data);
  /// Asks the client something, in the session era; `then` is called once, maybe at once.
  void ask(std::string_view method, std::string_view params, reply_handler then);
  /// Keeps something until the answer is given or the client left.
  void hold(std::shared_ptr<void> what) { out_->hold(std::move(what)); }

 private:
  void finish(std::string_view object, std::string_view members);

  const request_facts facts_;
  const door_context& door_;
  const std::shared_ptr<outlet> out_;
  std::atomic_flag answered_;
};

using exchange_ptr = std::shared_ptr<exchange>;

}  // namespace chat::mcp
