// Where programs of ours find a node.

#include "client/node_url.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

TEST_CASE("a node's address is http(s)://host[:port][/path]", "[client]") {
  CHECK(parse_node_url("http://localhost:3100/")->port == "3100");
  CHECK(parse_node_url("http://[::1]:1")->host == "::1");
  CHECK(parse_node_url("http://[::1]:1")->authority() == "[::1]:1");
  CHECK(parse_node_url("http://chat.example")->port == "80");
  CHECK(parse_node_url("wss://chat.example/rooms/a?x=1")->origin() == "https://chat.example:443");
  CHECK(parse_node_url("wss://chat.example/rooms/a?x=1")->path == "/rooms/a?x=1");
  CHECK(parse_node_url("https://x/")->path.empty());
  for (const auto* bad :
       {"", "http://", "x", "ftp://x", "http://:1", "http://a:b", "http://[::1", "http://[::1]x",
        "http://ada:secret@x", "http://a b", "http://a:123456"}) {
    CAPTURE(bad);
    CHECK(!parse_node_url(bad));
  }
}

}  // namespace chat::test
