// The web pages as the node serves them: forms, tags, what browsers may keep and do.

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "net/page_files.hpp"
#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

namespace {

std::string with_codings(std::string_view codings) {
  return "Accept-Encoding: " + std::string(codings) + "\r\n";
}

}  // namespace

TEST_CASE("the binary holds a page and what it consists of", "[net]") {
  const auto files = page_files();
  REQUIRE(files.size() >= 3);  // HTML, script, style
  CHECK(files.front().path == "/");
  std::set<std::string_view> paths;
  for (const auto& file : files) {
    CAPTURE(file.path);
    CHECK(paths.insert(file.path).second);
    CHECK(file.hash.size() == 20);
    CHECK(file.brotli.size() < file.gzip.size());
    CHECK(file.gzip.size() < file.plain.size());
    CHECK(file.gzip.starts_with("\x1f\x8b"));
    const bool is_asset = file.path.starts_with("/assets/");
    CHECK(is_asset != (file.path == "/" || file.path == "/status"));
    // What is there, some page names, relative to itself.
    if (is_asset)
      CHECK(std::ranges::any_of(files, [&](const page_file& page) {
        return !page.path.starts_with("/assets/") &&
               page.plain.find('"' + std::string(file.path.substr(1))) != std::string_view::npos;
      }));
  }
}

TEST_CASE("a page comes in the form that its client likes best", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto& page = page_files().front();
  struct row {
    std::string headers;
    std::string_view coding;
  };
  const row rows[] = {
      {"", ""},
      {with_codings("gzip, deflate, br, zstd"), "br"},
      {with_codings("gzip, deflate"), "gzip"},
      {with_codings("GZIP"), "gzip"},
      {with_codings("br"), "br"},
      {with_codings("*"), "br"},
      {with_codings("br;q=0.5, gzip;q=0.9"), "gzip"},
      {with_codings("br;q=0.5, gzip;q=0.5"), "br"},
      {with_codings("br;q=0, *"), "gzip"},
      {with_codings("br;q=0, gzip;q=0"), ""},
      {with_codings("identity;q=1, gzip;q=0.5"), ""},
      {with_codings("identity"), ""},
      {with_codings("*;q=0"), ""},  // there has to be an answer
      {with_codings("br;q=nonsense, gzip"), "gzip"},
      {with_codings("br;q=nan, gzip;q=1e99"), "gzip"},
      {with_codings("br ; q=0.2 , gzip ;Q=0.1"), "br"},
      {with_codings(";;,=,"), ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.headers);
    auto answer = client.ask(get("/", r.headers));
    CHECK(answer.status == 200);
    CHECK(answer.headers["content-type"] == "text/html; charset=utf-8");
    CHECK(answer.headers["vary"] == "Accept-Encoding");
    CHECK(answer.headers.contains("content-encoding") == !r.coding.empty());
    if (!r.coding.empty()) CHECK(answer.headers["content-encoding"] == r.coding);
    const auto body = r.coding == "br" ? page.brotli : r.coding == "gzip" ? page.gzip : page.plain;
    CHECK((answer.body == body));
  }
}

TEST_CASE("what a browser has already is not sent again", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  for (const auto& file : page_files()) {
    CAPTURE(file.path);
    std::set<std::string> tags;
    for (const std::string coding : {"br", "gzip", "identity"}) {
      const auto first = client.ask(get(file.path, with_codings(coding)));
      REQUIRE(first.status == 200);
      const auto tag = first.headers.at("etag");
      CHECK(tag.size() >= 22);
      CHECK(tags.insert(tag).second);  // each form is another sequence of bytes
      for (const auto& condition : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
        CAPTURE(condition);
        client.send(get(file.path, with_codings(coding) + "If-None-Match: " + condition + "\r\n"));
        auto again = client.read_answer();
        CHECK(again.status == 304);
        CHECK(again.body.empty());
        CHECK(again.headers["etag"] == tag);
        CHECK(again.headers["cache-control"] == first.headers.at("cache-control"));
        CHECK(again.headers["vary"] == "Accept-Encoding");
        CHECK_FALSE(again.headers.contains("content-type"));
      }
      CHECK(client.ask(get(file.path, with_codings(coding) + "If-None-Match: \"other\"\r\n"))
                .status == 200);
    }
  }
}

TEST_CASE("a page asks each time, what it consists of is kept", "[net][socket]") {
  http_node node;
  for (const auto& file : page_files()) {
    auto headers = node.ask(get(file.path)).headers;
    CHECK(headers["cache-control"] ==
          (file.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"));
  }
  CHECK(node.ask(get("/health")).headers.at("cache-control") == "no-store");
}

TEST_CASE("a page may do nothing but run itself and talk to its node", "[net][socket]") {
  http_node node([](http_config& c) {
    c.authenticate = [](std::string_view, const std::string&) -> result<caller> {
      return tl::unexpected(make_failure(errc::unauthorized, "Nobody is known"));
    };
  });
  for (const auto& file : page_files()) {
    CAPTURE(file.path);
    auto answer = node.ask(get(file.path));  // needs no key: it holds no secret
    CHECK(answer.status == 200);
    CHECK(answer.headers["content-security-policy"] ==
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    CHECK(answer.headers["x-content-type-options"] == "nosniff");
    CHECK(answer.headers["referrer-policy"] == "no-referrer");
    CHECK_FALSE(answer.headers.contains("strict-transport-security"));
  }
  CHECK(node.ask(post("/rpc", "{}")).status == 401);
}

TEST_CASE("HEAD is GET without the body; there is nothing else in /assets", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto& page = page_files().front();
  client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
  auto head = client.read_answer(true);
  CHECK(head.status == 200);
  CHECK(head.headers["content-length"] == std::to_string(page.gzip.size()));
  CHECK(head.headers["content-encoding"] == "gzip");
  for (const std::string path :
       {"/assets/", "/assets", "/assets/chat.js", "/assets/../net/asio.hpp", "/assets/%2e%2e/x",
        "/index.html", "/status//", "/favicon.ico"}) {
    CAPTURE(path);
    auto answer = client.ask(get(path));
    CHECK(answer.status == 404);
    CHECK(answer.headers["content-type"] == "application/json");
    CHECK(text_at(answer.body, "/error/code") == "NOT_FOUND");
  }
  CHECK(client.ask(post("/status", "{}")).status == 405);
  CHECK(client.ask(get("/?from=a-link")).status == 200);
}

// What a page names is relative to it.
TEST_CASE("a page has one address, to which others lead", "[net][socket]") {
  http_node node([](http_config& c) { c.public_urls = {{true, "example.org", "/chat"}}; });
  const std::pair<std::string, std::string> rows[] = {
      {"/status/", "../status"},
      {"/status/?a=b", "../status?a=b"},
      {"/chat", "chat/"},
      {"/chat/status/", "../status"},
  };
  for (const auto& [path, location] : rows) {
    CAPTURE(path);
    const auto answer = node.ask(get(path));
    CHECK(answer.status == 308);
    CHECK(answer.headers.at("location") == location);
  }
  for (const auto* path : {"/", "/chat/", "/status", "/chat/status", "/?a=b"})
    CHECK(node.ask(get(path)).status == 200);
}

TEST_CASE("an answer that depends on two headers names both", "[net][socket]") {
  http_node node;
  CHECK(node.ask(get("/", "Origin: http://localhost:5173\r\n")).headers.at("vary") ==
        "Accept-Encoding, Origin");
}

}  // namespace chat::test
