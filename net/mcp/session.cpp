#include "net/mcp/session.hpp"

#include "model/limits.hpp"
#include "net/mcp/at_end.hpp"
#include "net/mcp/outlet.hpp"

namespace chat::mcp {

void session::agree(std::string version, client_features client) {
  const std::lock_guard lock(mutex_);
  terms_.version = std::move(version);
  terms_.client = client;
}

void session::set_log_level(log_level least) {
  const std::lock_guard lock(mutex_);
  terms_.least = least;
}

session::terms session::agreed() const {
  const std::lock_guard lock(mutex_);
  return terms_;
}

// Under the lock, here and below: a stream only queues, and this way nothing overtakes.
void session::send(std::string json) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  if (stream_) return stream_(message_event(json));
  held_bytes_ += json.size();
  held_.push_back(std::move(json));
  while (held_.size() > limits::mcp_held_messages_max || held_bytes_ > limits::outbox_bytes_max) {
    held_bytes_ -= held_.front().size();
    held_.pop_front();
  }
}

std::uint64_t session::attach(stream_sender stream) {
  const std::lock_guard lock(mutex_);
  if (stream_) stream_("");
  stream_ = std::move(stream);
  for (const auto& json : std::exchange(held_, {})) stream_(message_event(json));
  held_bytes_ = 0;
  if (over_) stream_("");
  return ++streams_;
}

void session::detach(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number == streams_) stream_ = nullptr;
}

void session::end_stream(std::uint64_t number, std::string last_json) {
  const std::lock_guard lock(mutex_);
  if (number != streams_ || !stream_) return;
  stream_(message_event(last_json));
  std::exchange(stream_, nullptr)("");
}

// --- Credentials and requests
// ---------------------------------------------------------------------

void session::present(std::function<result<caller>()> who_now) {
  const std::lock_guard lock(mutex_);
  who_now_ = std::move(who_now);
  unknown_.reset();
  ++presented_;
}

result<caller> session::who_now() {
  std::function<result<caller>()> ask;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (unknown_) return tl::unexpected(*unknown_);
    ask = who_now_;
    number = presented_;
  }
  if (!ask) return tl::unexpected(make_failure(errc::unauthorized, "Nobody has shown who it is"));
  auto who = ask();
  if (who && who->user_id == user_id) return who;
  auto why = who ? make_failure(errc::unauthorized, "The credential is another user's by now")
                 : std::move(who.error());
  const std::lock_guard lock(mutex_);
  if (number == presented_) unknown_ = why;  // else there is a newer one to ask about
  return tl::unexpected(std::move(why));
}

std::shared_ptr<void> session::begin(const std::string& rpc_id, interest_ptr still_wanted) {
  if (!still_wanted) return nullptr;
  const std::lock_guard lock(mutex_);
  under_way_[rpc_id] = still_wanted;
  return at_end([self = shared_from_this(), rpc_id, still_wanted] {
    const std::lock_guard again(self->mutex_);
    const auto found = self->under_way_.find(rpc_id);
    if (found != self->under_way_.end() && found->second.lock() == still_wanted)
      self->under_way_.erase(found);
  });
}

void session::cancel(const std::string& rpc_id) {
  interest_ptr of;
  {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(rpc_id);
    if (found != under_way_.end()) of = found->second.lock();
  }
  if (of) of->lose();
}

// --- What the server asks and tells
// ---------------------------------------------------------------

std::string session::expect_reply(reply_handler then) {
  const std::lock_guard lock(mutex_);
  if (over_ || waiting_.size() >= limits::mcp_asked_max) return {};
  auto id = "\"ask-" + std::to_string(++asked_) + '"';
  waiting_.emplace(id, std::move(then));
  return id;
}

void session::reply(std::string_view id, std::optional<simdjson::dom::element> result) {
  reply_handler then;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(std::string(id));
    if (found == waiting_.end()) return;
    then = std::move(found->second);
    waiting_.erase(found);
  }
  then(result);
}

bool session::can_subscribe(const std::string& uri) const {
  const std::lock_guard lock(mutex_);
  return watches_.contains(uri) || watches_.size() < limits::mcp_subscriptions_max;
}

bool session::subscribe(const std::string& uri, std::shared_ptr<void> watch) {
  const std::lock_guard lock(mutex_);
  if (over_ || (!watches_.contains(uri) && watches_.size() >= limits::mcp_subscriptions_max))
    return false;
  watches_[uri].swap(watch);
  return true;
}

void session::unsubscribe(const std::string& uri) {
  std::shared_ptr<void> watch;
  const std::lock_guard lock(mutex_);
  const auto found = watches_.find(uri);
  if (found == watches_.end()) return;
  watch = std::move(found->second);
  watches_.erase(found);
}

void session::end() {
  decltype(watches_) watches;
  decltype(waiting_) waiting;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    watches.swap(watches_);
    waiting.swap(waiting_);
    held_.clear();
    held_bytes_ = 0;
    if (stream_) std::exchange(stream_, nullptr)("");
  }
  for (const auto& [id, then] : waiting) then(std::nullopt);
}

}  // namespace chat::mcp
