#pragma once
// Who may call how often: token buckets by user, and by address of those who are not known, shared
// by the command actors of all loops.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/token_bucket.hpp"

namespace chat {

/// What is allowed to one user, and to one address. Messages are a session's business.
struct rate_limits {
  bool on = false;
  rate handoffs = {};
  rate commands = {};
  rate messages = {};
};

/// Thread: any.
class rate_limiter {
 public:
  explicit rate_limiter(const rate_limits& limits) : limits_(limits) {}
  /// From now on. Thread: any.
  void set(const rate_limits& limits);

  /// Counts a call and answers 0; or leaves it uncounted and answers in how many milliseconds the
  /// caller may call again. Without an address only the user counts. A handoff counts as a command
  /// too, unless as that it was paid already.
  std::int64_t admit(bool is_handoff, std::string_view user_id, std::string_view address,
                     std::int64_t now_ms, bool is_paid = false);
  /// How many users and addresses it keeps.
  std::size_t size() const;

 private:
  struct buckets {
    token_bucket commands;
    token_bucket handoffs;
  };
  buckets& find(char kind, std::string_view name, std::int64_t now_ms);
  void forget_the_idle(std::int64_t now_ms);

  mutable std::mutex mutex_;  // guards what follows; held for two look-ups
  rate_limits limits_;
  std::unordered_map<std::string, buckets> callers_;
  std::int64_t forgotten_ms_ = 0;
};

}  // namespace chat
