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
  a->make_known("ada");
  a->make_known("ada");
  auto b = places.admit(address_of("192.0.2.2"));
  CHECK(code_of(b).empty());
  a->leave();
  CHECK(read(counters.connections_unknown) == 1);
  b->leave();
  CHECK(read(counters.connections_unknown) == 0);
}

TEST_CASE("known users of one address count by user", "[net]") {
  node_counters counters;
  admission places(counters, {.of_address = 2});
  const auto router = address_of("192.0.2.1");
  std::vector<seat> all;
  // Twenty users with two connections each: no more than two of them are strangers at a time.
  for (int i = 0; i < 40; ++i) {
    auto place = places.admit(router);
    REQUIRE(place);
    all.push_back(std::move(*place));
    all.back().make_known("user" + std::to_string(i / 2));
  }
  auto a = places.admit(router);
  auto b = places.admit(router);
  REQUIRE((a && b));
  CHECK(code_of(places.admit(router)) == "RATE_LIMITED");
  // A user who has two already keeps a third as one of the address.
  a->make_known("user0");
  CHECK(code_of(places.admit(router)) == "RATE_LIMITED");
  b->make_known("ada");
  CHECK(code_of(places.admit(router)).empty());
  // What a user leaves is free again.
  all.clear();
  a->leave();
  auto c = places.admit(router);
  auto d = places.admit(router);
  REQUIRE((c && d));
  c->make_known("user0");
  d->make_known("user0");
  CHECK(code_of(places.admit(router)).empty());
}

TEST_CASE("a trusted proxy is not counted, but whom it speaks for", "[net]") {
  node_counters counters;
  admission_limits bounds{.of_address = 1};
  bounds.proxies.add("192.0.2.0/24");
  admission places(counters, bounds);
  auto a = places.admit(address_of("192.0.2.1"));
  auto b = places.admit(address_of("192.0.2.1"));
  auto c = places.admit(address_of("192.0.2.1"));
  REQUIRE((a && b && c));
  CHECK(a->speak_for(address_of("198.51.100.1")));
  CHECK(a->speak_for(address_of("198.51.100.1")));  // the next request
  CHECK_FALSE(b->speak_for(address_of("198.51.100.1")));
  CHECK(read(counters.address_refused) == 1);
  CHECK(b->speak_for(address_of("198.51.100.2")));
  CHECK(c->speak_for(address_of("127.0.0.1")));
  // Known, it takes nothing from its address; and another client's request has the place then.
  a->make_known("ada");
  CHECK(c->speak_for(address_of("198.51.100.1")));
  b->leave();
  CHECK(c->speak_for(address_of("198.51.100.2")));
}

}  // namespace chat::test
