#include "net/mcp/sessions.hpp"

#include <algorithm>

#include "model/ids.hpp"
#include "net/mcp/at_end.hpp"

namespace chat::mcp {

namespace {

// Looking through all of them takes a millisecond.
constexpr auto sweep_interval = std::chrono::seconds(10);

void end_all(const auto& entries) {
  for (const auto& e : entries) e.what->end();
}

}  // namespace

class sessions::stream final : public http_stream {
 public:
  stream(std::shared_ptr<sessions> all, session_ptr of, std::shared_ptr<void> place)
      : all_(std::move(all)), of_(std::move(of)), place_(std::move(place)) {}

  ~stream() override {
    of_->detach(number_);
    place_.reset();
    if (of_->what == session::kind::event_stream) all_->end(of_->id);
  }

  void on_open(stream_sender send) override { number_ = of_->attach(std::move(send)); }

 private:
  const std::shared_ptr<sessions> all_;
  const session_ptr of_;
  std::shared_ptr<void> place_;
  std::uint64_t number_ = 0;
};

session_ptr sessions::open(const std::string& user_id, session::kind what) {
  std::list<entry> ended;
  session_ptr made;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    if (now - swept_ >= std::min<clock::duration>(sweep_interval, bounds_.idle_timeout))
      sweep(now, ended);
    if (auto& mine = users_[user_id]; mine.size() >= bounds_.of_user) {
      const auto idle = std::ranges::find_if(
          mine, [](const entry& e) { return e.what->what == session::kind::streamable; });
      if (idle != mine.end()) remove(idle, ended);
    }
    auto& mine = users_[user_id];  // the one removed may have been the last
    if (by_id_.size() < bounds_.sessions && mine.size() < bounds_.of_user) {
      made = std::make_shared<session>(new_trace_id(), user_id, what);
      by_id_.emplace(made->id, mine.insert(mine.end(), {made, now}));
    } else if (mine.empty()) {
      users_.erase(user_id);
    }
  }
  end_all(ended);
  return made;
}

session_ptr sessions::find(const std::string& id, std::string_view user_id) {
  std::list<entry> ended;
  session_ptr what;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || found->second->what->user_id != user_id) return nullptr;
    const auto it = found->second;
    const auto now = clock::now();
    const bool idle = now - it->used >= bounds_.idle_timeout && !it->what->has_stream();
    if (idle) {
      remove(it, ended);
    } else {
      it->used = now;
      auto& mine = users_.at(it->what->user_id);
      mine.splice(mine.end(), mine, it);
      what = it->what;
    }
  }
  end_all(ended);
  return what;
}

void sessions::end(const std::string& id) {
  std::list<entry> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) remove(found->second, ended);
  }
  end_all(ended);
}

// Whoever keeps a stream open is not idle.
void sessions::sweep(clock::time_point now, std::list<entry>& ended) {
  swept_ = now;
  for (auto user = users_.begin(); user != users_.end();) {
    auto& mine = (user++)->second;  // it goes with its last session
    for (auto it = mine.begin(); it != mine.end() && now - it->used >= bounds_.idle_timeout;) {
      const auto which = it++;
      const bool last = mine.size() == 1;
      if (!which->what->has_stream()) remove(which, ended);
      if (last) break;
    }
  }
}

void sessions::remove(by_use::iterator which, std::list<entry>& ended) {
  by_id_.erase(which->what->id);
  const auto user = users_.find(which->what->user_id);
  ended.splice(ended.end(), user->second, which);
  if (user->second.empty()) users_.erase(user);
}

std::shared_ptr<void> sessions::take_stream() {
  const std::lock_guard lock(mutex_);
  if (streams_ >= bounds_.streams) return nullptr;
  ++streams_;
  return at_end([all = shared_from_this()] {
    const std::lock_guard again(all->mutex_);
    --all->streams_;
  });
}

std::shared_ptr<http_stream> sessions::stream_of(session_ptr of, std::shared_ptr<void> place) {
  return std::make_shared<stream>(shared_from_this(), std::move(of), std::move(place));
}

std::size_t sessions::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

std::size_t sessions::stream_count() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

}  // namespace chat::mcp
