#include "bench/load/server.hpp"

#include <arpa/inet.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "bench/load/caller.hpp"
#include "bench/load/crowd.hpp"
#include "bench/load/room_log.hpp"
#include "bench/load/run_failure.hpp"

namespace bench {

namespace asio = boost::asio;
namespace http_ns = boost::beast::http;
namespace fs = std::filesystem;

namespace {

std::string peer(const std::string& file) { return std::string(BENCH_PEERS_FOLDER "/") + file; }
std::string bun_program() { return peer("node_modules/@oven/bun-linux-x64/bin/bun"); }

// Where this build's programs are: the folder of the harness itself.
std::string program(const std::string& name) {
  return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

// `http://127.0.0.1:3100`
sockaddr_in parse_url(const std::string& url, bool anywhere) {
  const std::string_view scheme = "http://";
  std::string_view rest = url;
  if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  const auto colon = rest.rfind(':');
  auto host = std::string(rest.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in a{};
  a.sin_family = AF_INET;
  std::uint16_t port = 0;
  const auto digits = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (bad != std::errc() || inet_pton(AF_INET, host.c_str(), &a.sin_addr) != 1)
    throw run_failure("--url must be http://ADDRESS:PORT with an IPv4 address, not " + url);
  a.sin_port = htons(port);
  constexpr std::uint32_t loopback_network = 127;
  if (!anywhere && ntohl(a.sin_addr.s_addr) >> 24 != loopback_network)
    throw run_failure(url + " is not on this machine. Load on somebody else's node is an attack; " +
                      "if this one is yours, add --anywhere");
  return a;
}

}  // namespace

const char* to_string(server_kind kind) {
  switch (kind) {
    case server_kind::chatd:
      return "chatd";
    case server_kind::bun:
      return "Bun";
    case server_kind::node_ws:
      return "Node ws";
    case server_kind::node_http:
      return "Node http";
    case server_kind::floor:
      return "floor";
  }
  return "?";
}

std::optional<std::string> what_is_missing(server_kind kind) {
  const bool is_there = kind == server_kind::bun       ? fs::exists(bun_program())
                        : kind == server_kind::node_ws ? fs::exists(peer("node_modules/ws"))
                                                       : true;
  if (is_there) return std::nullopt;
  return std::string(to_string(kind)) + " is not installed; ./dev bench --compare installs it";
}

std::string room_name(std::uint32_t room) { return "bench-" + std::to_string(room); }

std::string connect_input(std::uint32_t room, const std::string& nickname) {
  return R"({"roomId":")" + room_name(room) + R"(","nickname":")" + nickname + R"("})";
}

std::string handoff_target(std::string_view command_result) {
  const auto endpoint = json_text(command_result, R"("endpoint":)");
  const auto path = endpoint.find('/', endpoint.find("://") + 3);
  const auto token = json_text(command_result, R"("token":)");
  if (path == std::string_view::npos || token.empty())
    throw run_failure("chat-connect answered no handoff: " + std::string(command_result));
  return std::string(endpoint.substr(path)) + "?token=" + std::string(token);
}

// One kept-alive connection for what is not measured.
struct server::http {
  explicit http(const sockaddr_in& to) : host(host_of(to)), socket(io) {
    socket.connect({asio::ip::make_address_v4(ntohl(to.sin_addr.s_addr)), ntohs(to.sin_port)});
    socket.set_option(asio::ip::tcp::no_delay(true));
  }
  std::string post(const std::string& target, const std::string& body) {
    http_ns::request<http_ns::string_body> request(http_ns::verb::post, target, 11, body);
    request.set(http_ns::field::host, host);
    request.set(http_ns::field::content_type, "application/json");
    request.prepare_payload();
    http_ns::write(socket, request);
    http_ns::response<http_ns::string_body> answer;
    http_ns::read(socket, buffer, answer);
    return std::move(answer.body());
  }
  std::string host;
  asio::io_context io;
  asio::ip::tcp::socket socket;
  boost::beast::flat_buffer buffer;
};

server::server(server_options options, std::uint32_t rooms, std::uint32_t members)
    : options_(std::move(options)) {
  if (const auto missing = what_is_missing(options_.kind)) throw run_failure(*missing);
  if (options_.url.empty()) {
    start(rooms, members);
  } else {
    address_ = parse_url(options_.url, options_.anywhere);
  }
  if (!is_node()) return;
  try {
    http_ = std::make_unique<http>(address_);
    if (!options_.url.empty()) make_rooms(rooms, members);
  } catch (const boost::system::system_error& e) {
    throw run_failure("no node answers at " + host_of(address_) + ": " + e.what());
  }
}

server::~server() {
  if (child_) child_->stop();
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void server::start(std::uint32_t rooms, std::uint32_t members) {
  auto pattern = (fs::temp_directory_path() / "chat-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail_with_errno("cannot make " + pattern);
  temporary_ = pattern;
  std::vector<int> cores;
  for (unsigned core = 0; options_.pin && core < options_.threads; ++core)
    cores.push_back(static_cast<int>(core));
  child_ = std::make_unique<child>(command_line(rooms, members), cores);
  address_.sin_family = AF_INET;
  address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address_.sin_port = htons(child_->port());
}

std::vector<std::string> server::command_line(std::uint32_t rooms, std::uint32_t members) {
  switch (options_.kind) {
    case server_kind::chatd: {
      const auto file = temporary_ + "/chatd.toml";
      std::ofstream config(file);
      config << "room = [\n";
      for (std::uint32_t room = 0; room < rooms; ++room)
        config << '"' << room_name(room) << ":Bench:" << members << "\",\n";
      config << "]\n";
      return {program("chatd"),
              "--listen",
              "127.0.0.1:0",
              "--config",
              file,
              "--data",
              temporary_ + "/store",
              "--rate-limits",
              "off",
              "--durability",
              options_.durability,
              "--threads",
              std::to_string(options_.threads),
              "--log-level",
              "error"};
    }
    case server_kind::bun:
      return {bun_program(), peer("bun_chat.js")};
    case server_kind::node_ws:
      return {"node", peer("node_ws_chat.mjs")};
    case server_kind::node_http: {
      const auto file = temporary_ + "/answer.json";
      std::ofstream(file) << options_.answer;
      return {"node", peer("node_http.mjs"), file};
    }
    case server_kind::floor:
      return {program("bench_floor")};
  }
  return {};
}

void server::make_rooms(std::uint32_t rooms, std::uint32_t members) {
  // Whoever comes may be there before the node has seen the one go whose place it takes.
  const auto places = members + std::max(members / 4, 10u);
  for (std::uint32_t room = 0; room < rooms; ++room) {
    const auto input = R"({"roomId":")" + room_name(room) +
                       R"(","name":"Bench","maxParticipants":)" + std::to_string(places) + '}';
    const auto answer = http_->post("/rpc", rpc_body("chat-room-create", input));
    if (answer.find(R"("success":true)") == std::string::npos &&
        answer.find("ALREADY_EXISTS") == std::string::npos)
      throw run_failure("cannot make room " + room_name(room) + ": " + answer);
  }
}

std::string server::name() const {
  if (!is_node()) return to_string(options_.kind);
  const auto health = http_->post("/rpc", rpc_body("node-status", "{}"));
  return "chatd " + std::string(json_text(health, R"("version":)"));
}

std::string server::call(const std::string& command, const std::string& input) {
  const auto answer = http_->post("/rpc", rpc_body(command, input));
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  bool success = false;
  if (parser.parse(answer).at_pointer("/result").get(json) || json["success"].get(success) ||
      !success)
    throw run_failure(command + " failed: " + answer);
  return simdjson::minify(json);
}

std::string server::ticket(std::uint32_t room, const std::string& nickname) {
  if (!is_node()) return "/rooms/" + room_name(room);
  return handoff_target(call("chat-connect", connect_input(room, nickname)));
}

std::optional<usage> server::used() const {
  if (child_) return usage_of(child_->pid());
  if (options_.pid > 0) return usage_of(options_.pid);
  return std::nullopt;
}

}  // namespace bench
