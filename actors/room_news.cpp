#include "actors/room_news.hpp"

namespace chat {

std::shared_ptr<void> room_news::listen(caller who, std::function<void()> changed) {
  // What lets go of the listener, as its deleter.
  struct place {
    std::shared_ptr<room_news> all;
    std::uint64_t number;
    place(std::shared_ptr<room_news> of, std::uint64_t which) : all(std::move(of)), number(which) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      const std::lock_guard lock(all->mutex_);
      all->listeners_.erase(number);
      --all->count_;
    }
  };
  const std::lock_guard lock(mutex_);
  listeners_.emplace(++made_, listener{std::move(who), std::move(changed)});
  ++count_;
  return std::make_shared<place>(shared_from_this(), made_);
}

void room_news::tell(const room_definition& room) const {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, one] : listeners_)
    if (may_see(one.who, room)) one.changed();
}

}  // namespace chat
