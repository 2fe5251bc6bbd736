#include "net/event_streams.hpp"

#include <utility>

namespace chat {

class event_streams::stream final : public http_stream {
 public:
  stream(std::shared_ptr<event_streams> all, std::string session_id)
      : all_(std::move(all)), session_id_(std::move(session_id)) {}

  ~stream() override {
    const std::lock_guard lock(all_->mutex_);
    all_->places_.erase(session_id_);
  }

  void on_open(stream_sender send) override {
    const std::lock_guard lock(all_->mutex_);
    all_->places_[session_id_].send = std::move(send);
  }

 private:
  const std::shared_ptr<event_streams> all_;
  const std::string session_id_;
};

std::shared_ptr<http_stream> event_streams::open(const std::string& session_id,
                                                 const std::string& user_id) {
  {
    const std::lock_guard lock(mutex_);
    if (places_.size() >= streams_max_) return nullptr;
    places_.emplace(session_id, place{user_id, nullptr});
  }
  return std::make_shared<stream>(shared_from_this(), session_id);
}

bool event_streams::has(const std::string& session_id, std::string_view user_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(session_id);
  return found != places_.end() && found->second.user_id == user_id;
}

void event_streams::send(const std::string& session_id, std::string_view event,
                         std::string_view data) const {
  stream_sender send;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(session_id);
    if (found != places_.end()) send = found->second.send;
  }
  if (send) send(encode_event(event, data));
}

std::size_t event_streams::size() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}

std::string encode_event(std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(event.size() + data.size() + 16);
  out.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
  return out;
}

}  // namespace chat
