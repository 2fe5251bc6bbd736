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
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <deque>
#include <istream>
#include <map>
#include <memory>
#include <optional>

#include "app/mcp_line.hpp"
#include "client/node_client.hpp"
#include "model/bridge_limits.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "net/json_rpc.hpp"

namespace chat {

namespace {

using asio::awaitable;
using asio::use_awaitable;

// Between two looks at what is under way: nobody notices.
constexpr auto short_time = std::chrono::milliseconds(2);

void write_line(std::string_view message) {
  std::string line(message);
  std::ranges::replace(line, '\n', ' ');  // between tokens: texts have it escaped
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

class bridge {
 public:
  bridge(node_address to, node_finder find) : to_(std::move(to)), find_(std::move(find)) {}

  void run() {
    asio::signal_set signals(io_, SIGTERM, SIGINT);
    signals.async_wait([this](boost::system::error_code ec, int) {
      if (!ec) io_.stop();
    });
    asio::co_spawn(io_, read_lines(), asio::detached);
    asio::co_spawn(io_, work(), asio::detached);
    io_.run();
  }

 private:
  // One line of the client on its way.
  struct request {
    mcp_line line;
    std::shared_ptr<node_client> client = {};
    unsigned status = 0;
    std::string problem = {};  // why there is no answer
    bool is_answered = false;
    bool is_silent = false;  // it is not the client's
  };

  // --- Lines ------------------------------------------------------------------------------------

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
      if (line.find_first_not_of(" \t\r") != std::string::npos) take(std::move(line));
      if (ec) break;
      while (lines_.size() >= limits::bridge_requests_max) co_await pause(short_time);
    }
    while (!lines_.empty() || under_way_ > 0) co_await pause(short_time);
    io_.stop();
  }

  // What answers the node, or takes back a request, goes at once: a line before it may wait for it.
  void take(std::string text) {
    auto line = read_mcp_line(std::move(text));
    if (!line) return write_line(rpc_failure("null", line.error()));
    const bool is_cancellation = line->method == "notifications/cancelled";
    if (is_cancellation) cancel(line->cancelled_id);
    if (is_cancellation || line->is_response) return start(std::move(*line));
    lines_.push_back(std::move(*line));
    has_lines_.cancel();
  }

  // The lines in their order, each when the one before is answered, but for those that wait.
  awaitable<void> work() {
    for (;;) {
      if (lines_.empty()) {
        boost::system::error_code woken;
        has_lines_.expires_at(asio::steady_timer::time_point::max());
        co_await has_lines_.async_wait(asio::redirect_error(use_awaitable, woken));
        continue;
      }
      while (under_way_ >= limits::bridge_requests_max) co_await pause(short_time);
      if (lines_.empty()) continue;  // taken back meanwhile
      auto line = std::move(lines_.front());
      lines_.pop_front();
      if (line.may_wait) {
        start(std::move(line));
      } else {
        ++under_way_;
        co_await forward(std::move(line));
      }
    }
  }

  void start(mcp_line line) {
    ++under_way_;
    asio::co_spawn(io_, forward(std::move(line)), asio::detached);
  }

  awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(use_awaitable);
  }

  // --- Requests ---------------------------------------------------------------------------------

  // It was counted among those under way.
  awaitable<void> forward(mcp_line line) {
    const bool is_endless = line.method == "subscriptions/listen";
    if (is_endless) --under_way_;
    request r{.line = std::move(line)};
    const auto session = r.line.is_in_session() ? session_ : std::string();
    co_await post(r, !session.empty());
    if (r.status == 0 && is_gone(r)) {
      const bool is_found = co_await find_again();
      if (is_found) co_await post(r, !session.empty());
    }
    if (r.status == 404 && !session.empty()) {
      co_await begin_again(session);
      co_await post(r, false);
    }
    if (!r.is_answered && !r.client->is_cancelled())
      if (const auto failure = unanswered(r); !failure.empty()) write_line(failure);
    if (!is_endless) --under_way_;
    co_return;  // for cppcheck
  }

  // One POST. Messages go to stdout as they come. `may_repeat`: a 404 is not for the client yet.
  awaitable<void> post(request& r, bool may_repeat) {
    r.client = std::make_shared<node_client>(io_, to_);
    r.problem.clear();
    auto headers = r.line.headers;
    add_common(headers, r.line.is_in_session());
    const auto pass = [&](std::string_view message) { take_message(r, message); };
    if (!r.line.id.empty()) open_[r.line.id] = r.client;
    const auto answer = co_await r.client->send("POST", headers, r.line.text, pass);
    if (!r.line.id.empty()) open_.erase(r.line.id);
    r.status = answer.status;
    r.problem = answer.problem;
    if (answer.status == 0 && !r.client->is_cancelled())
      spdlog::info("{}: {}", to_.origin(), answer.problem);
    const bool is_message = answer.body.starts_with(R"({"jsonrpc")") ||
                            (r.line.is_batch && answer.body.starts_with('['));
    if (is_message && !(may_repeat && answer.status == 404)) take_message(r, answer.body);
    if (r.line.method != "initialize" || answer.session.empty()) co_return;
    if (!r.is_silent) subscriptions_.clear();  // of a session before
    session_ = answer.session;
    initialize_ = r.line;
    asio::co_spawn(io_, listen(session_), asio::detached);
  }

  // What the node says while it has the request. Nobody waits for an answer to a notification.
  void take_message(request& r, std::string_view message) {
    const auto& line = r.line;
    if (line.id.empty() && !line.is_batch) {
      spdlog::warn("the node refused a notification: {}", message);
      return;
    }
    const bool is_answer = line.is_batch || is_answer_to(message, line.id);
    if (is_answer) r.is_answered = true;
    if (is_answer && line.method == "initialize") version_ = negotiated_version(message);
    if (is_answer && line.method == "resources/subscribe" && is_success(message))
      subscriptions_[line.uri] = line;
    if (is_answer && line.method == "resources/unsubscribe") subscriptions_.erase(line.uri);
    if (!r.is_silent) write_line(is_answer ? with_id(message, line.id) : std::string(message));
  }

  // What a client gets for a request that the node did not answer as MCP; empty: nothing.
  static std::string unanswered(const request& r) {
    const auto& line = r.line;
    const auto status = r.status;
    if (line.method == "subscriptions/listen" && status == 200)  // the node ended the stream
      return R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
             line.id + "}}";
    if (status == 401 || status == 403)
      return line.failed({rpc_code::invalid_request, "The node does not let you in",
                          "Give a valid key with --key, or in CHATD_KEY"});
    const bool is_certificate = r.problem.find("certificate") != std::string::npos;
    return line.failed({rpc_code::internal_error,
                        "The node did not answer" + (r.problem.empty() ? "" : ": " + r.problem),
                        is_certificate ? "Name the file of who signed its certificate with --cacert"
                                       : "See whether it runs, then try again"});
  }

  void add_common(mcp_headers& headers, bool in_session) const {
    if (!in_session || session_.empty()) return;
    headers.emplace_back("Mcp-Session-Id", session_);
    headers.emplace_back("MCP-Protocol-Version", version_);
  }

  void cancel(const std::string& id) {
    const auto found = open_.find(id);
    if (found != open_.end()) found->second->cancel();
    std::erase_if(lines_, [&](const mcp_line& line) { return line.id == id && !id.empty(); });
  }

  // --- The session
  // --------------------------------------------------------------------------------

  // The node has forgotten that session, as after a restart: there is a new one, in which the
  // client watches what it watched before. What happened meanwhile is news to it.
  awaitable<void> begin_again(std::string forgotten) {
    while (is_beginning_) co_await pause(short_time);
    if (forgotten != session_ || initialize_.text.empty()) co_return;
    is_beginning_ = true;
    co_await post_silently(initialize_);
    if (forgotten != session_) {
      mcp_line ready;
      ready.text = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
      ready.headers = initialize_.headers;
      co_await post_silently(ready);
      const auto watched = subscriptions_;
      for (const auto& one : watched) {
        co_await post_silently(one.second);
        std::string params;
        json_writer(params).begin_object().field("uri", one.first).end_object();
        write_line(R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":)" +
                   params + '}');
      }
    }
    is_beginning_ = false;
    co_return;  // for cppcheck
  }

  awaitable<void> post_silently(mcp_line line) {
    request r{.line = std::move(line)};
    r.is_silent = true;
    co_await post(r, true);
  }

  // The session's own stream, opened again when it breaks, until there is another session.
  awaitable<void> listen(std::string session) {
    while (session == session_) {
      node_client client(io_, to_);
      mcp_headers headers{{"Accept", "text/event-stream"}};
      add_common(headers, true);
      const auto answer =
          co_await client.send("GET", headers, "", [](std::string_view m) { write_line(m); });
      if (answer.status == 404) co_await begin_again(session);
      if (answer.status == 0) co_await find_again();
      const bool is_refused = answer.status >= 400 && answer.status < 500;
      if (is_refused && answer.status != 404) co_return;
      co_await pause(limits::bridge_reopen_interval);
    }
  }

  // --- The node
  // -----------------------------------------------------------------------------------

  // Nothing listens there: the request was not sent, and may go to another.
  static bool is_gone(const request& r) {
    return r.problem == boost::system::error_code(asio::error::connection_refused).message() &&
           !r.client->is_cancelled();
  }

  // Whether there is a node to speak to, maybe another one. Others wait meanwhile: there is nothing
  // they could do.
  awaitable<bool> find_again() {
    if (!find_) co_return false;
    const auto found = find_();
    if (found) to_ = *found;
    co_return found.has_value();
  }

  node_address to_;
  const node_finder find_;
  asio::io_context io_{1};
  std::deque<mcp_line> lines_;  // that are still to be sent
  asio::steady_timer has_lines_{io_};
  std::string session_;
  std::string version_;
  mcp_line initialize_;
  std::map<std::string, mcp_line> subscriptions_;  // of the session, by URI
  bool is_beginning_ = false;
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

void run_mcp_bridge(const node_address& to, const node_finder& find) { bridge(to, find).run(); }

}  // namespace chat
