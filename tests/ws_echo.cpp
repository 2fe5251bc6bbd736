// The node's WebSocket layer with an echo behind it: text comes back as text, binary as binary.
// For public WebSocket conformance suites.
//   ws_echo --listen 127.0.0.1:9001

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "model/wire.hpp"
#include "net/http_connection.hpp"
#include "net/listener.hpp"
#include "net/ws_connection.hpp"

namespace {

using namespace chat;

// Messages to 16 MiB, as conformance suites send them; answers may queue up twice as much.
constexpr std::size_t message_bytes_max = 16 * 1024 * 1024;

class echo_connection final : public ws_connection {
 public:
  using ws_connection::ws_connection;

 private:
  void receipt(std::uint32_t) override {}
  void attached(const caf::actor&, std::string_view) override {}
  void on_open() override {}
  void on_over(const close_reason*) override {}
  void on_message(bool is_text, std::string_view payload) override {
    std::string bytes;
    append_ws_frame(bytes, is_text ? ws_opcode::text : ws_opcode::binary, payload);
    send(frame(std::move(bytes)));
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::string address = "127.0.0.1:9001";
  CLI::App app("echoes WebSocket messages", "ws_echo");
  app.add_option("--listen", address, "ADDR:PORT; port 0 picks one and prints it");
  CLI11_PARSE(app, argc, argv);

  node_counters counters;
  const ws_options options{.message_bytes_max = message_bytes_max,
                           .outbox_bytes_max = 2 * message_bytes_max + 1024};
  loop home;
  http_config http{.counters = counters};
  http.on_upgrade = [&](upgrade u) {
    caf::make_counted<echo_connection>(std::move(u.socket), u.request.peer(), options, counters)
        ->start(u.request, std::move(u.early));
  };
  const door_context doors{home, http, [](call_ptr) {}};
  admission places(counters, {});
  listener entrance({&home}, places, [&](socket_ptr socket, transport) {
    std::make_shared<http_connection>(std::move(socket), doors)->start();
  });
  const auto wanted = parse_listen_address(address);
  const auto where = wanted ? entrance.listen(*wanted) : wanted;
  if (!where) {
    std::cerr << "ws_echo: " << where.error().message << '\n';
    return 2;
  }
  entrance.start();
  std::cout << "listening on " << to_string(where->where) << std::endl;
  home.run();
}
