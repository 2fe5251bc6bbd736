#include "net/json_rpc.hpp"

#include <catch2/catch.hpp>

#include "tests/json_text.hpp"

namespace chat {

namespace {

std::string id_of(std::string body) {
  const auto call = parse_rpc(body);
  return call ? call->id : "refused: " + test::at(call.error().body, "/error/code");
}

struct bad_row {
  std::string body;
  std::string_view code;
  std::string_view id = "null";
};

}  // namespace

TEST_CASE("an id comes back exactly as it was sent", "[net]") {
  for (const std::string id :
       {"null", "0", "-0", "1", "1.0", "1.50", "1e2", "1E+400", "-12.5e-3", "9007199254740993",
        "18446744073709551616", "123456789012345678901234567890123456789012345678901234567890",
        R"("")", R"("a b")", R"("\u00e9\n\"")", R"("{\"id\":3}")", R"("\ud800")", "\"\xc3\xa9\""}) {
    CAPTURE(id);
    CHECK(id_of(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"m"})") == id);
    CHECK(id_of(R"({"method":"m", "params":{"id":9,"x":[{"id":8}]}, "id" : )" + id + " }") == id);
    CHECK(id_of("\n{\"id\":7,\"method\":\"m\",\"id\":\t" + id + "\r\n}") == id);
    CHECK(id_of("\xEF\xBB\xBF{\"id\":" + id + ",\"method\":\"m\"}") == id);
  }
  CHECK(id_of(R"({"\u0069d":"x","method":"m"})") == R"("x")");
  CHECK(id_of(R"({"id":{"error":3},"\u0069d":"x","method":"m"})") == R"("x")");
  CHECK(id_of(R"({"\u0069d":"x","id":3,"method":"m"})") == "3");
  CHECK(id_of(R"({"method":"m"})") == "null");
}

TEST_CASE("a call without id is a notification only when it says it is JSON-RPC", "[net]") {
  const auto notified = [](std::string body) { return parse_rpc(body)->notification; };
  CHECK(notified(R"({"jsonrpc":"2.0","method":"m"})"));
  CHECK_FALSE(notified(R"({"method":"m"})"));
  CHECK_FALSE(notified(R"({"jsonrpc":"2.0","method":"m","id":null})"));
  CHECK_FALSE(notified(R"({"jsonrpc":"2.0","method":"m","id":1})"));
}

TEST_CASE("what is no call is refused with code, id and a way on", "[net]") {
  const std::string deep(100, '[');
  const bad_row rows[] = {
      {"", "-32700"},
      {" ", "-32700"},
      {"{", "-32700"},
      {"nonsense", "-32700"},
      {R"({"method":"m"} x)", "-32700"},
      {R"({"method":"m",})", "-32700"},
      {R"({"method":"m","id":01})", "-32700"},
      {R"({"method":"m","id":1.})", "-32700"},
      {R"({"method":"m","id":+1})", "-32700"},
      {R"({"method":"m","id":0x1})", "-32700"},
      {R"({"method":"m","id":1 2})", "-32700"},
      {R"({"method":"m","id":NaN})", "-32700"},
      {R"({"method":"m","id":})", "-32700"},
      {R"({"method":"m","id")", "-32700"},
      {R"({"method":"m","id":")", "-32700"},
      {R"({"method":"m","id":"\)", "-32700"},
      {"{\"method\":\"\xff\"}", "-32700"},
      {"{\"method\":\"m" + std::string(1, '\0') + "\"}", "-32700"},
      {R"({"method":"m","params":)" + deep, "-32700"},
      {R"({"id":1,"method":"m\ud800"})", "-32600", "1"},
      {"[]", "-32600"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", "-32600"},
      {"3", "-32600"},
      {R"("m")", "-32600"},
      {"null", "-32600"},
      {"{}", "-32600"},
      {R"({"id":1})", "-32600", "1"},
      {R"({"id":"a","method":3})", "-32600", R"("a")"},
      {R"({"id":1,"method":null})", "-32600", "1"},
      {R"({"id":1,"method":""})", "-32600", "1"},
      {R"({"id":1,"Method":"m"})", "-32600", "1"},
      {R"({"id":{},"method":"m"})", "-32600"},
      {R"({"id":[1],"method":"m"})", "-32600"},
      {R"({"id":true,"method":"m"})", "-32600"},
      {R"({"jsonrpc":"1.0","id":1,"method":"m"})", "-32600", "1"},
      {R"({"jsonrpc":2.0,"id":1,"method":"m"})", "-32600", "1"},
      {R"({"jsonrpc":null,"id":1,"method":"m"})", "-32600", "1"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.body);
    std::string body = r.body;
    const auto call = parse_rpc(body);
    REQUIRE_FALSE(call);
    CHECK(call.error().status == 400);
    const auto& json = call.error().body;
    CHECK(test::at(json, "/error/code") == r.code);
    CHECK(test::at(json, "/id") == r.id);
    CHECK(test::at(json, "/jsonrpc") == R"("2.0")");
    CHECK(test::text_at(json, "/error/message") != "absent");
    CHECK(test::text_at(json, "/error/data/suggestion") != "absent");
  }
}

TEST_CASE("params are handed on as they are", "[net]") {
  const auto params = [](std::string body) {
    const auto call = parse_rpc(body);
    return call->params ? simdjson::minify(*call->params) : "absent";
  };
  CHECK(params(R"({"method":"m"})") == "absent");
  CHECK(params(R"({"method":"m","params":{"a":[1]}})") == R"({"a":[1]})");
  CHECK(params(R"({"method":"m","params":[1]})") == "[1]");
  CHECK(params(R"({"method":"m","params":null})") == "absent");
}

TEST_CASE("an envelope holds id and result, or id and error", "[net]") {
  CHECK(rpc_result("7", "{}") == R"({"jsonrpc":"2.0","id":7,"result":{}})");
  CHECK(rpc_failure("\"a\"", {-32601, "No \"x\"", "Try"}) ==
        R"({"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"No \"x\"",)"
        R"("data":{"suggestion":"Try"}}})");
}

}  // namespace chat
