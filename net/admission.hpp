#pragma once
// Who may still connect: how many connections the node holds in all, of one address, and of peers
// who have not shown who they are.

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "model/counters.hpp"
#include "model/failure.hpp"
#include "model/limits.hpp"
#include "net/asio.hpp"

namespace chat {

class admission;

/// The place of one connection; it is free again when this ends. Thread: the connection's.
class seat {
 public:
  /// Of a connection that nobody counts.
  seat() = default;
  seat(seat&& other) noexcept : of_(std::exchange(other.of_, nullptr)), address_(other.address_) {
    is_known_ = other.is_known_;
  }
  seat& operator=(seat&& other) noexcept;
  ~seat() { leave(); }

  /// The peer has shown who it is: from now on it takes nothing from those who have yet to.
  void make_known();
  /// Before its end.
  void leave();

 private:
  friend class admission;
  using address_count = std::pair<const asio::ip::address_v6, std::size_t>;
  seat(admission& of, address_count* address) : of_(&of), address_(address) {}

  admission* of_ = nullptr;
  address_count* address_ = nullptr;  // null: of an address that is not counted
  bool is_known_ = false;
};

struct admission_limits {
  std::size_t connections = limits::connections_max;
  std::size_t unknown = limits::unknown_connections_max;
  std::size_t of_address = limits::connections_per_address;  ///< 0: any number
  /// Programs of this machine, or a proxy on it, are many behind one address.
  bool loopback_is_exempt = true;
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
  seat::address_count* take_of_address(const asio::ip::address& from);
  void leave_address(seat::address_count& address);

  node_counters& counters_;
  const admission_limits bounds_;
  std::atomic<std::size_t> of_address_max_;
  std::mutex mutex_;  // of the map
  std::map<asio::ip::address_v6, std::size_t> addresses_;
};

}  // namespace chat
