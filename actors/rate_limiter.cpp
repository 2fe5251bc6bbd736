#include "actors/rate_limiter.hpp"

#include <algorithm>
#include <array>

#include "model/limits.hpp"

namespace chat {

namespace {

// Looking through all callers costs a millisecond: at most so often.
constexpr std::int64_t forget_interval_ms = 1000;

// Who calls from this machine may be a proxy with everybody behind it: there only users count.
// Those behind a trusted proxy (--trusted-proxy) have addresses of their own.
bool is_this_machine(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.empty();
}

}  // namespace

std::int64_t rate_limiter::admit(bool is_handoff, std::string_view user_id,
                                 std::string_view address, std::int64_t now_ms, bool is_paid) {
  const std::lock_guard lock(mutex_);
  if (!limits_.on) return 0;
  std::array<buckets*, 2> callers{};
  if (!is_this_machine(address)) {
    // Twice: making room for the second may forget the first, which is not yet in use.
    find('u', user_id, now_ms);
    callers[1] = &find('a', address, now_ms);
  }
  callers[0] = &find('u', user_id, now_ms);
  std::int64_t wait = 0;
  for (auto* caller : callers) {
    if (!caller) continue;
    if (!is_paid) wait = std::max(wait, caller->commands.wait_ms(limits_.commands, now_ms));
    if (is_handoff) wait = std::max(wait, caller->handoffs.wait_ms(limits_.handoffs, now_ms));
  }
  if (wait > 0) return wait;
  for (auto* caller : callers) {
    if (!caller) continue;
    if (!is_paid) caller->commands.take(limits_.commands, now_ms);
    if (is_handoff) caller->handoffs.take(limits_.handoffs, now_ms);
  }
  return 0;
}

void rate_limiter::set(const rate_limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

std::size_t rate_limiter::size() const {
  const std::lock_guard lock(mutex_);
  return callers_.size();
}

// When there are too many callers even so, the new ones share one: they get less, the others what
// they had.
rate_limiter::buckets& rate_limiter::find(char kind, std::string_view name, std::int64_t now_ms) {
  std::string key(1, kind);
  key += name;
  if (const auto known = callers_.find(key); known != callers_.end()) return known->second;
  if (callers_.size() >= limits::rate_callers_max) forget_the_idle(now_ms);
  if (callers_.size() >= limits::rate_callers_max) key.assign(1, kind);
  return callers_[key];
}

void rate_limiter::forget_the_idle(std::int64_t now_ms) {
  if (now_ms - forgotten_ms_ < forget_interval_ms) return;
  forgotten_ms_ = now_ms;
  std::erase_if(callers_, [&](const auto& caller) {
    const auto& [name, b] = caller;
    return b.commands.is_full(limits_.commands, now_ms) &&
           b.handoffs.is_full(limits_.handoffs, now_ms);
  });
}

}  // namespace chat
