#include "net/mcp/session.hpp"

#include "model/limits.hpp"
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

bool session::has_stream() const {
  const std::lock_guard lock(mutex_);
  return stream_ != nullptr;
}

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
