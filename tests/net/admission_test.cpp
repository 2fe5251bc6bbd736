#include "net/admission.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

namespace chat::test {

namespace {

asio::ip::address address_of(const char* text) { return asio::ip::make_address(text); }

std::string code_of(const result<seat>& place) {
  return place ? "" : std::string(to_string(place.error().code));
}

}  // namespace

TEST_CASE("a place is free again when its connection ends", "[net]") {
  node_counters counters;
  admission places(counters, {.connections = 2});
  auto a = places.admit(address_of("192.0.2.1"));
  auto b = places.admit(address_of("192.0.2.2"));
  REQUIRE((a && b));
  CHECK(code_of(places.admit(address_of("192.0.2.3"))) == "OVERLOADED");
  *a = seat();
  CHECK(read(counters.connections) == 1);
  seat moved = std::move(*b);
  b->leave();
  CHECK(read(counters.connections) == 1);
  moved = std::move(*places.admit(address_of("192.0.2.3")));  // the place it had goes first
  CHECK(read(counters.connections) == 1);
  moved.leave();
  moved.leave();
  CHECK(read(counters.connections) == 0);
  CHECK(read(counters.connections_unknown) == 0);
  CHECK(read(counters.connections_refused) == 1);
}

TEST_CASE("an address may have so many, whatever its form", "[net]") {
  node_counters counters;
  admission places(counters, {.of_address = 1});
  const auto a = places.admit(address_of("192.0.2.1"));
  CHECK(code_of(places.admit(address_of("192.0.2.1"))) == "RATE_LIMITED");
  CHECK(code_of(places.admit(address_of("::ffff:192.0.2.1"))) == "RATE_LIMITED");
  CHECK(code_of(places.admit(address_of("192.0.2.2"))).empty());
  const auto b = places.admit(address_of("2001:db8:1:1::1"));
  CHECK(code_of(places.admit(address_of("2001:db8:1:1:ffff::2"))) == "RATE_LIMITED");
  CHECK(code_of(places.admit(address_of("2001:db8:1:2::1"))).empty());
  CHECK(read(counters.address_refused) == 3);
}

TEST_CASE("this machine's programs are not counted by address, nor anybody at 0", "[net]") {
  node_counters counters;
  for (const auto* from : {"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(from);
    admission places(counters, {.of_address = 1});
    const auto a = places.admit(address_of(from));
    CHECK(code_of(places.admit(address_of(from))).empty());
  }
  admission open(counters, {.of_address = 0});
  const auto a = open.admit(address_of("192.0.2.1"));
  CHECK(code_of(open.admit(address_of("192.0.2.1"))).empty());
}

TEST_CASE("who is known takes nothing from strangers", "[net]") {
  node_counters counters;
  admission places(counters, {.unknown = 1});
  auto a = places.admit(address_of("192.0.2.1"));
  CHECK(code_of(places.admit(address_of("192.0.2.2"))) == "OVERLOADED");
  CHECK(read(counters.unknown_refused) == 1);
  a->make_known();
  a->make_known();
  auto b = places.admit(address_of("192.0.2.2"));
  CHECK(code_of(b).empty());
  a->leave();
  CHECK(read(counters.connections_unknown) == 1);
  b->leave();
  CHECK(read(counters.connections_unknown) == 0);
}

}  // namespace chat::test
