#pragma once
// A client's session in the era that has them: what was agreed on, its event stream, what it was
// asked and what it watches.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "actors/interest.hpp"
#include "net/http_message.hpp"
#include "net/mcp/protocol.hpp"

namespace chat::mcp {

/// Whom the server asked something: the client's `result`, or nothing when it refused, left or took
/// too long. The element is good until the thread parses JSON again.
using reply_handler = std::function<void(std::optional<simdjson::dom::element>)>;

/// Thread: any. Handlers are called without the lock.
class session : public std::enable_shared_from_this<session> {
 public:
  enum class kind {
    streamable,   ///< of /mcp: outlives its stream, ends by DELETE or when idle
    event_stream  ///< of /sse: is its stream
  };
  struct terms {
    std::string version = {};
    client_features client = {};
    log_level least = log_level::info;  ///< log messages below are not sent
  };

  session(std::string id, std::string user_id, kind what)
      : id(std::move(id)), user_id(std::move(user_id)), what(what) {}

  const std::string id;
  const std::string user_id;
  const kind what;

  void agree(std::string version, client_features client);
  void set_log_level(log_level least);
  terms agreed() const;

  /// The client has shown who it is: what the session does by itself it does as that one. The
  /// newest credential counts. Asking about one that has ended asks nobody again until there is a
  /// newer one.
  void present(std::function<result<caller>()> who_now);
  /// Who the client is by now. Uses the thread's JSON parser.
  result<caller> who_now();

  /// A request is under way: while the object lives, `cancel` with its id, as JSON, loses the
  /// interest in it.
  std::shared_ptr<void> begin(const std::string& rpc_id, interest_ptr still_wanted);
  void cancel(const std::string& rpc_id);

  /// A message that belongs to no request: to the stream or, until there is one, held back; the
  /// oldest held goes first when there are too many (limits::mcp_held_messages_max) or they are
  /// too long together (limits::outbox_bytes_max).
  void send(std::string json);
  /// From now on messages go there; the stream before is ended. The number says which one it is.
  std::uint64_t attach(stream_sender stream);
  void detach(std::uint64_t number);
  /// Ends that stream, if it is still the one; what was sent before goes first.
  void end_stream(std::uint64_t number, std::string last_json);

  /// Waits for the answer to a request of the server's; its id, as JSON, or empty when too many
  /// are open already.
  std::string expect_reply(reply_handler then);
  /// The client has answered; nobody may have asked.
  void reply(std::string_view id, std::optional<simdjson::dom::element> result);

  /// Keeps a subscription under the resource's URI; false when there are too many.
  bool subscribe(const std::string& uri, std::shared_ptr<void> watch);
  bool can_subscribe(const std::string& uri) const;
  void unsubscribe(const std::string& uri);

  /// Lets go of everything: it is over.
  void end();

 private:
  mutable std::mutex mutex_;  // guards what follows
  terms terms_;
  stream_sender stream_;
  std::uint64_t streams_ = 0;  // so many there were
  std::deque<std::string> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t asked_ = 0;
  std::unordered_map<std::string, reply_handler> waiting_;
  std::unordered_map<std::string, std::shared_ptr<void>> watches_;
  std::function<result<caller>()> who_now_;
  std::uint64_t presented_ = 0;     // so many credentials there were
  std::optional<failure> unknown_;  // why the newest credential is good no more
  std::unordered_map<std::string, std::weak_ptr<interest>> under_way_;
  bool over_ = false;
};

using session_ptr = std::shared_ptr<session>;

}  // namespace chat::mcp
