#include "net/admission.hpp"

#include <algorithm>

namespace chat {

namespace {

using asio::ip::address_v6;

// The network whose addresses one peer can have all of.
address_v6 network_of(const asio::ip::address& from) {
  if (from.is_v4()) return asio::ip::make_address_v6(asio::ip::v4_mapped, from.to_v4());
  auto bytes = from.to_v6().to_bytes();
  if (!from.to_v6().is_v4_mapped()) std::fill(bytes.begin() + 8, bytes.end(), 0);
  return address_v6(bytes);
}

bool is_of_this_machine(const asio::ip::address& from) {
  if (from.is_v6() && from.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6()).is_loopback();
  return from.is_loopback();
}

}  // namespace

failure address_is_full() {
  auto why = make_rate_limited("Your address has all the connections it may have", 1000);
  why.suggestion = "Close some of them; the operator can allow more with --connections-per-address";
  return why;
}

seat& seat::operator=(seat&& other) noexcept {
  if (this == &other) return *this;
  leave();
  of_ = std::exchange(other.of_, nullptr);
  address_ = other.address_;
  user_ = other.user_;
  is_known_ = other.is_known_;
  return *this;
}

void seat::make_known(std::string_view user_id) {
  if (!of_ || is_known_) return;
  is_known_ = true;
  subtract(of_->counters_.connections_unknown);
  if (!address_ || !(user_ = of_->take_of_user(user_id))) return;
  of_->leave_address(*std::exchange(address_, nullptr));
}

bool seat::speak_for(const asio::ip::address& client) {
  if (!of_ || user_ || !of_->bounds_of_address() || of_->is_exempt(client)) return true;
  if (auto* const before = std::exchange(address_, nullptr)) of_->leave_address(*before);
  if ((address_ = of_->take_of_address(client))) return true;
  add(of_->counters_.address_refused);
  return false;
}

void seat::leave() {
  if (!of_) return;
  if (!is_known_) subtract(of_->counters_.connections_unknown);
  is_known_ = true;
  if (auto* const address = std::exchange(address_, nullptr)) of_->leave_address(*address);
  if (auto* const user = std::exchange(user_, nullptr)) of_->leave_user(*user);
  subtract(std::exchange(of_, nullptr)->counters_.connections);
}

result<seat> admission::admit(const asio::ip::address& from) {
  if (read(counters_.connections) >= bounds_.connections) {
    add(counters_.connections_refused);
    add(counters_.full_refused);
    return tl::unexpected(
        make_failure(errc::overloaded, "The node has all the connections it can hold"));
  }
  if (read(counters_.connections_unknown) >= bounds_.unknown) {
    add(counters_.connections_refused);
    add(counters_.unknown_refused);
    return tl::unexpected(make_failure(
        errc::overloaded, "Too many are connected to the node who have not shown who they are"));
  }
  seat::address_count* address = nullptr;
  if (bounds_of_address() && !is_exempt(from)) {
    address = take_of_address(from);
    if (!address) {
      add(counters_.connections_refused);
      add(counters_.address_refused);
      return tl::unexpected(address_is_full());
    }
  }
  add(counters_.connections);
  add(counters_.connections_unknown);
  return seat(*this, address);
}

bool admission::is_exempt(const asio::ip::address& from) const {
  return (bounds_.loopback_is_exempt && is_of_this_machine(from)) || bounds_.proxies.has(from);
}

seat::address_count* admission::take_of_address(const asio::ip::address& from) {
  const std::lock_guard lock(mutex_);
  auto& counted = *addresses_.try_emplace(network_of(from), 0).first;
  if (counted.second >= of_address_max_) return nullptr;
  ++counted.second;
  return &counted;
}

seat::user_count* admission::take_of_user(std::string_view user_id) {
  const std::lock_guard lock(mutex_);
  if (!bounds_of_address()) return nullptr;
  auto& counted = *users_.try_emplace(std::string(user_id), 0).first;
  if (counted.second >= of_address_max_) return nullptr;
  ++counted.second;
  return &counted;
}

void admission::leave_user(seat::user_count& user) {
  const std::lock_guard lock(mutex_);
  if (--user.second == 0) users_.erase(users_.find(user.first));
}

void admission::leave_address(seat::address_count& address) {
  const std::lock_guard lock(mutex_);
  if (--address.second == 0) addresses_.erase(addresses_.find(address.first));
}

}  // namespace chat
