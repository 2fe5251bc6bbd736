#include "app/mcp_bridge.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <optional>

#include "app/mcp_line.hpp"
#include "client/node_client.hpp"
#include "model/bridge_limits.hpp"
#include "model/limits.hpp"
#include "net/json_rpc.hpp"

namespace chat {

namespace {

using asio::awaitable;
using asio::use_awaitable;

void write_line(std::string_view message) {
  std::string line(message);
  std::ranges::replace(line, '\n', ' ');  // between tokens: texts have it escaped
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

class bridge {
 public:
  explicit bridge(const node_address& to) : to_(to) {}

  void run() {
    asio::signal_set signals(io_, SIGTERM, SIGINT);
    signals.async_wait([this](boost::system::error_code ec, int) {
      if (!ec) io_.stop();
    });
    asio::co_spawn(io_, read_lines(), asio::detached);
    io_.run();
  }

 private:
  // One message of the client on its way.
  struct request {
    mcp_line line;
    std::shared_ptr<node_client> client = {};
    unsigned status = 0;
    std::string problem = {};  // why there is no answer
    bool answered = false;
    bool is_silent = false;  // it is not the client's
  };

  // At the end of stdin the requests under way are waited for, streams are not.
  awaitable<void> read_lines() {
    asio::posix::stream_descriptor input(io_, ::dup(STDIN_FILENO));
    asio::streambuf buffer(limits::http_body_bytes_max);
    for (;;) {
      const auto [ec, bytes] =
          co_await asio::async_read_until(input, buffer, '\n', asio::as_tuple(use_awaitable));
      if (ec == asio::error::not_found) {
        write_line(rpc_failure("null", {rpc_code::invalid_request, "The line is over 1 MiB",
                                        "Send shorter messages"}));
        break;  // where the next one begins is not known
      }
      if (ec && buffer.size() == 0) break;
      std::string line;
      std::istream in(&buffer);
      std::getline(in, line);
      if (line.find_first_not_of(" \t\r") != std::string::npos) co_await take(std::move(line));
      if (ec) break;
    }
    while (under_way_ > 0) co_await pause(std::chrono::milliseconds(20));
    io_.stop();
  }

  awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(use_awaitable);
  }

  awaitable<void> take(std::string text) {
    auto line = read_mcp_line(std::move(text));
    if (!line) {
      write_line(rpc_failure("null", line.error()));
      co_return;
    }
    if (line->method == "notifications/cancelled") cancel(line->cancelled_id);
    while (under_way_ >= limits::bridge_requests_max) co_await pause(std::chrono::milliseconds(5));
    asio::co_spawn(io_, forward(std::move(*line)), asio::detached);
  }

  awaitable<void> forward(mcp_line line) {
    const bool listens = line.method == "subscriptions/listen";
    if (!listens) ++under_way_;
    request r{.line = std::move(line)};
    r.client = std::make_shared<node_client>(io_, to_);
    r.answered = r.line.id.empty() || r.line.is_response;
    if (!r.line.id.empty()) open_[r.line.id] = r.client;
    const bool in_session = r.line.is_in_session() && !session_.empty();
    co_await post(r, in_session);
    if (in_session && r.status == 404 && !initialize_.text.empty()) {
      co_await begin_again();
      r.client = std::make_shared<node_client>(io_, to_);
      co_await post(r, false);
    }
    if (!r.answered && !r.client->is_cancelled()) write_line(unanswered(r));
    if (!r.line.id.empty()) open_.erase(r.line.id);
    if (!listens) --under_way_;
    co_return;  // for cppcheck
  }

  // The node has forgotten the session, as after a restart.
  awaitable<void> begin_again() {
    request r{.line = initialize_};
    r.client = std::make_shared<node_client>(io_, to_);
    r.is_silent = true;
    co_await post(r, false);
  }

  // What a client gets for a request that the node did not answer as MCP.
  static std::string unanswered(const request& r) {
    const auto& line = r.line;
    const auto status = r.status;
    if (line.method == "subscriptions/listen" && status == 200)  // the node ended the stream
      return R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
             line.id + "}}";
    if (status == 401 || status == 403)
      return rpc_failure(line.id, {rpc_code::invalid_request, "The node does not let you in",
                                   "Give a valid key with --key, or in CHATD_KEY"});
    const bool is_certificate = r.problem.find("certificate") != std::string::npos;
    return rpc_failure(line.id,
                       {rpc_code::internal_error,
                        "The node did not answer" + (r.problem.empty() ? "" : ": " + r.problem),
                        is_certificate ? "Name the file of who signed its certificate with --cacert"
                                       : "See whether it runs, then try again"});
  }

  // One POST. Messages go to stdout as they come. `may_repeat`: a 404 is not for the client yet.
  awaitable<void> post(request& r, bool may_repeat) {
    auto headers = r.line.headers;
    add_common(headers, r.line.is_in_session());
    std::string version;
    const auto pass = [&](std::string_view message) {
      if (r.line.method == "initialize") version = negotiated_version(message);
      if (is_answer_to(message, r.line.id)) r.answered = true;
      if (!r.is_silent) write_line(message);
    };
    const auto answer = co_await r.client->send("POST", headers, r.line.text, pass);
    r.status = answer.status;
    r.problem = answer.problem;
    if (answer.status == 0 && !r.client->is_cancelled())
      spdlog::info("{}: {}", to_.origin(), answer.problem);
    const bool is_message = answer.body.starts_with(R"({"jsonrpc")");
    if (is_message && !(may_repeat && answer.status == 404)) pass(answer.body);
    if (r.line.method != "initialize" || answer.session.empty()) co_return;
    session_ = answer.session;
    version_ = version;
    initialize_ = r.line;
    asio::co_spawn(io_, listen(session_), asio::detached);
  }

  // The session's own stream, opened again when it breaks, until there is another session.
  awaitable<void> listen(std::string session) {
    while (session == session_) {
      node_client client(io_, to_);
      mcp_headers headers{{"Accept", "text/event-stream"}};
      add_common(headers, true);
      const auto answer =
          co_await client.send("GET", headers, "", [](std::string_view m) { write_line(m); });
      if (answer.status >= 400 && answer.status < 500) co_return;
      co_await pause(limits::bridge_reopen_interval);
    }
  }

  void add_common(mcp_headers& headers, bool in_session) const {
    if (!in_session || session_.empty()) return;
    headers.emplace_back("Mcp-Session-Id", session_);
    headers.emplace_back("MCP-Protocol-Version", version_);
  }

  void cancel(const std::string& id) {
    const auto found = open_.find(id);
    if (found != open_.end()) found->second->cancel();
  }

  const node_address to_;
  asio::io_context io_{1};
  std::string session_;
  std::string version_;
  mcp_line initialize_;
  std::size_t under_way_ = 0;
  std::map<std::string, std::shared_ptr<node_client>> open_;  // by request id
};

}  // namespace

bool is_node(const node_address& where) {
  asio::io_context io{1};
  bool found = false;
  node_client client(io, where);
  asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        const auto answer = co_await client.send("GET", {}, "", nullptr, "/health");
        found = answer.body.find(R"("name":"chatd")") != std::string::npos;
      },
      asio::detached);
  io.run_for(std::chrono::seconds(5));
  return found;
}

void run_mcp_bridge(const node_address& to) { bridge(to).run(); }

}  // namespace chat
