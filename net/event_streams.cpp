#include "net/event_streams.hpp"

#include <utility>

namespace chat {

class event_streams::stream final : public http_stream {
 public:
  stream(std::shared_ptr<event_streams> all, std::string session_id)
      : all_(std::move(all)), session_id_(std::move(session_id)) {}

  ~stream() override {
    const std::lock_guard lock(all_->mutex_);
    all_->senders_.erase(session_id_);
  }

  void on_open(stream_sender send) override {
    const std::lock_guard lock(all_->mutex_);
    all_->senders_[session_id_] = std::move(send);
  }

 private:
  const std::shared_ptr<event_streams> all_;
  const std::string session_id_;
};

std::shared_ptr<http_stream> event_streams::open(const std::string& session_id) {
  {
    const std::lock_guard lock(mutex_);
    if (senders_.size() >= streams_max_) return nullptr;
    senders_.emplace(session_id, nullptr);
  }
  return std::make_shared<stream>(shared_from_this(), session_id);
}

bool event_streams::has(const std::string& session_id) const {
  const std::lock_guard lock(mutex_);
  return senders_.contains(session_id);
}

void event_streams::send(const std::string& session_id, std::string_view event,
                         std::string_view data) const {
  stream_sender send;
  {
    const std::lock_guard lock(mutex_);
    const auto found = senders_.find(session_id);
    if (found != senders_.end()) send = found->second;
  }
  if (send) send(encode_event(event, data));
}

std::size_t event_streams::size() const {
  const std::lock_guard lock(mutex_);
  return senders_.size();
}

std::string encode_event(std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(event.size() + data.size() + 16);
  out.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
  return out;
}

}  // namespace chat
