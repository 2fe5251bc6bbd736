#pragma once
// Who may still connect: how many connections the node holds in all, of peers who have not shown
// who they are, of one address of theirs, and of one user.

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "model/counters.hpp"
#include "model/failure.hpp"
#include "model/limits.hpp"
#include "net/asio.hpp"
#include "net/forwarded.hpp"

namespace chat {

class admission;

/// The place of one connection; it is free again when this ends. Thread: the connection's.
class seat {
 public:
  /// Of a connection that nobody counts.
  seat() = default;
  seat(seat&& other) noexcept
      : of_(std::exchange(other.of_, nullptr)),
        address_(other.address_),
        user_(other.user_),
        is_known_(other.is_known_) {}
  seat& operator=(seat&& other) noexcept;
  ~seat() { leave(); }

  /// The peer has shown who it is: from now on it takes nothing from those who have yet to, and it
  /// counts as one of its user's, no more as one of its address. A user who has as many as an
  /// address may have counts by address further on.
  void make_known(std::string_view user_id);
  /// The peer is a proxy, which speaks for this client now. False where the client's address has
  /// all that it may have.
  bool speak_for(const asio::ip::address& client);
  /// Before its end.
  void leave();

 private:
  friend class admission;
  using address_count = std::pair<const asio::ip::address_v6, std::size_t>;
  using user_count = std::pair<const std::string, std::size_t>;
  seat(admission& of, address_count* address) : of_(&of), address_(address) {}

  admission* of_ = nullptr;
  address_count* address_ = nullptr;  // null: of an address that is not counted, or no more
  user_count* user_ = nullptr;        // null: of nobody that is known
  bool is_known_ = false;
};

/// Why a connection of an address that has all it may have is refused.
failure address_is_full();

struct admission_limits {
  std::size_t connections = limits::connections_max;
  std::size_t unknown = limits::unknown_connections_max;
  std::size_t of_address = limits::connections_per_address;  ///< or of a user; 0: any number
  /// Programs of this machine, or a proxy on it, are many behind one address.
  bool loopback_is_exempt = true;
  /// The same for these.
  trusted_proxies proxies = {};
};

/// Thread: any. Outlives its seats. Counts what it refuses.
class admission {
 public:
  admission(node_counters& counters, const admission_limits& bounds)
      : counters_(counters), bounds_(bounds), of_address_max_(bounds.of_address) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// OVERLOADED where the node has no place at all or none for strangers, RATE_LIMITED where this
  /// address has all that it may have. An IPv6 address counts with its neighbours of the same 64
  /// bits: whoever has one has all of them (RFC 6177).
  result<seat> admit(const asio::ip::address& from);
  /// From now on an address may have so many; 0: any number. Those that are there stay.
  void limit_addresses(std::size_t connections) { of_address_max_ = connections; }
  /// A connection was lost to a lack of descriptors.
  void count_exhausted() {
    add(counters_.connections_refused);
    add(counters_.exhausted_refused);
  }

 private:
  friend class seat;
  bool bounds_of_address() const { return of_address_max_ > 0; }
  bool is_exempt(const asio::ip::address& from) const;
  // Null where it has all it may have.
  seat::address_count* take_of_address(const asio::ip::address& from);
  seat::user_count* take_of_user(std::string_view user_id);
  void leave_address(seat::address_count& address);
  void leave_user(seat::user_count& user);

  node_counters& counters_;
  const admission_limits bounds_;
  std::atomic<std::size_t> of_address_max_;
  std::mutex mutex_;  // of the maps
  std::map<asio::ip::address_v6, std::size_t> addresses_;
  std::map<std::string, std::size_t, std::less<>> users_;
};

}  // namespace chat
