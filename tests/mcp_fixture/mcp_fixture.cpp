// An MCP server with what the public conformance suites call by name, on the node's own protocol
// layer and doors: tools, resources, prompts, logging, progress, sampling, elicitation.
//   mcp_fixture --listen 127.0.0.1:9002

#include <CLI/CLI.hpp>
#include <iostream>

#include "net/http_connection.hpp"
#include "net/listener.hpp"
#include "tests/mcp_fixture/fixture_service.hpp"

int main(int argc, char** argv) {
  using namespace chat;
  std::string address = "127.0.0.1:9002";
  CLI::App app("an MCP server for conformance suites", "mcp_fixture");
  app.add_option("--listen", address, "ADDR:PORT; port 0 picks one and prints it");
  CLI11_PARSE(app, argc, argv);

  node_counters counters;
  loop home;
  http_config http{.counters = counters};
  http.mcp = fixture::make_fixture();
  http.authenticate = [](std::string_view, const std::string&) {
    return result<caller>(local_user());
  };
  const door_context doors{home, http, [](call_ptr) {}};
  admission places(counters, {});
  listener entrance({&home}, places, [&](socket_ptr socket, transport) {
    std::make_shared<http_connection>(std::move(socket), doors)->start();
  });
  const auto wanted = parse_listen_address(address);
  const auto where = wanted ? entrance.listen(*wanted) : wanted;
  if (!where) {
    std::cerr << "mcp_fixture: " << where.error().message << '\n';
    return 2;
  }
  entrance.start();
  std::cout << "listening on " << to_string(where->where) << std::endl;
  home.run();
}
