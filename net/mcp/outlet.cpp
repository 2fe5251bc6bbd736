#include "net/mcp/outlet.hpp"

#include "model/limits.hpp"
#include "net/event_stream.hpp"

namespace chat::mcp {

// The body of the POST, as its connection knows it.
class http_outlet::body final : public http_stream {
 public:
  explicit body(std::shared_ptr<http_outlet> of) : of_(std::move(of)) {}
  ~body() override { of_->on_closed(); }
  void on_open(stream_sender send) override { of_->on_open(std::move(send)); }

 private:
  const std::shared_ptr<http_outlet> of_;
};

void http_outlet::send(std::string json) {
  const std::lock_guard lock(mutex_);
  if (!takes_stream_ || over_) return;
  if (open_) return push(message_event(json));
  open(message_event(json));
}

void http_outlet::finish(std::string json, unsigned status) {
  std::vector<std::shared_ptr<void>> released;
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  released.swap(held_);
  if (!open_) return std::exchange(respond_, nullptr)(json_response(status, std::move(json)));
  push(message_event(json));
  if (sender_) sender_("");
}

void http_outlet::hold(std::shared_ptr<void> what) {
  const std::lock_guard lock(mutex_);
  if (!over_) held_.push_back(std::move(what));
}

void http_outlet::open(std::string first) {
  open_ = true;
  std::exchange(respond_, nullptr)({.content_type = "text/event-stream",
                                    .body = std::move(first),
                                    .stream = std::make_shared<body>(shared_from_this())});
}

// Under the lock: sending only queues, and this way nothing overtakes.
void http_outlet::push(std::string bytes) {
  if (sender_) return sender_(std::move(bytes));
  if (early_.size() + bytes.size() <= limits::outbox_bytes_max) early_ += bytes;
}

void http_outlet::on_open(stream_sender sender) {
  const std::lock_guard lock(mutex_);
  sender_ = std::move(sender);
  if (!early_.empty()) sender_(std::exchange(early_, {}));
  if (over_) sender_("");
}

void http_outlet::on_closed() {
  std::vector<std::shared_ptr<void>> released;
  const std::lock_guard lock(mutex_);
  over_ = true;
  sender_ = nullptr;
  released.swap(held_);
}

std::string message_event(std::string_view json) { return encode_event("message", json); }

}  // namespace chat::mcp
