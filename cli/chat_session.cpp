#include "cli/chat_session.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "cli/history_frames.hpp"
#include "model/cli_limits.hpp"

namespace chat::cli {

namespace {

using std::chrono::milliseconds;

std::uint32_t random_number() {
  static std::random_device source;
  return source();
}

// Of a failed CommandResult.
trouble failure_of(const json& result) {
  const auto& error = at(result, "error");
  return {text_at(error, "code"), text_at(error, "message"), text_at(error, "suggestion")};
}

bool is_gone(const std::string& code) {  // the session; a new one may be had
  return code == "SESSION_NOT_FOUND" || code == "SESSION_EXPIRED" || code == "MAX_RECONNECTS" ||
         code == "COMMAND_NOT_FOUND";
}

}  // namespace

chat_session::chat_session(asio::io_context& io, remote node, place where, handlers h)
    : io_(io),
      node_(std::move(node)),
      place_(std::move(where)),
      handlers_(std::move(h)),
      line_prefix_("afd-" + std::to_string(random_number()) + '-' +
                   std::to_string(random_number()) + '-'),
      wake_(io),
      backoff_(limits::chat_backoff_min) {}

// --- connections
// ----------------------------------------------------------------------------------

asio::awaitable<outcome<void>> chat_session::run() {
  auto where = co_await enter();
  if (!where) co_return tl::make_unexpected(where.error());
  online_at_ = progress_at_ = pinged_at_ = clock::now();
  asio::co_spawn(io_, watch(), asio::detached);
  while (!is_over_) {
    if (where) co_await serve(*where);
    if (is_over_) break;
    const auto spread = milliseconds(random_number() % (backoff_.count() / 5 + 1));
    co_await pause(backoff_ + spread);
    backoff_ = std::min<milliseconds>(backoff_ * 2, limits::chat_backoff_max);
    if (is_over_) break;
    where = co_await come_back();
    if (!where && clock::now() - online_at_ > limits::chat_away_max) end_ = where.error();
    is_over_ = is_over_ || end_.has_value();
  }
  co_await leave();
  if (end_) co_return tl::make_unexpected(*end_);
  co_return outcome<void>();
}

asio::awaitable<outcome<node_address>> chat_session::enter() {
  json input = json::object();
  input["roomId"] = place_.room;
  if (!place_.nickname.empty()) input["nickname"] = place_.nickname;
  const auto result = co_await node_.async_call(io_, "chat-connect", input);
  co_return open_door(result);
}

outcome<node_address> chat_session::open_door(const outcome<json>& result) {
  if (!result) return tl::make_unexpected(result.error());
  if (!is_true(at(*result, "success"))) return tl::make_unexpected(failure_of(*result));
  const auto& handoff = at(*result, "data");
  session_id_ = text_at(at(handoff, "credentials"), "sessionId");
  // It may not be quite the one that was asked for.
  if (const auto shown = text_at(at(handoff, "metadata"), "nickname"); !shown.empty())
    place_.nickname = shown;
  return node_.socket_address(handoff);
}

asio::awaitable<outcome<node_address>> chat_session::come_back() {
  json input = json::object();
  input["sessionId"] = session_id_;
  if (!last_id_.empty()) input["lastMessageId"] = last_id_;
  auto result = co_await node_.async_call(io_, "chat-reconnect", input);
  auto where = open_door(result);
  if (where) co_return where;
  if (is_gone(where.error().code)) {
    is_new_session_ = true;
    if (!lines_.empty()) lines_.front().is_uncertain = lines_.front().was_sent;
    where = co_await enter();
    if (where) co_return where;
    result = no(where.error().code, where.error().message, where.error().suggestion);
  }
  // What will not be otherwise in a while ends it.
  const auto& code = where.error().code;
  const bool may_change = code == "NODE_UNREACHABLE" || code == "UNEXPECTED_ANSWER" ||
                          code == "RATE_LIMITED" || code == "ROOM_FULL" ||
                          (result && is_true(at(at(*result, "error"), "retryable")));
  if (!may_change) end_ = where.error();
  co_return where;
}

asio::awaitable<void> chat_session::serve(node_address where) {
  const auto socket = std::make_shared<web_socket>(io_, where);
  const auto problem = co_await socket->open();
  if (!problem.empty()) co_return tell("The connection could not be opened: " + problem);
  for (;;) {
    const auto text = co_await socket->read();
    if (!text || is_over_) break;
    auto frame = json::parse(*text, nullptr, false);
    if (text_at(frame, "type") == "welcome") socket_ = socket;
    co_await take(std::move(frame));
  }
  const bool was_open = std::exchange(socket_, nullptr) != nullptr;
  in_flight_ = is_ready_ = false;
  if (is_over_) co_return;
  const auto code = socket->close_code();
  const auto why = socket->close_reason();
  const auto said = (code ? std::to_string(code) + ' ' : std::string()) + why;
  // 1008 too fast, 4003 another's token, 4004 taken over, 4006 ended: coming back helps nobody.
  if (code == 1008 || code == 4000 || code == 4003 || code == 4004 || code == 4006) {
    end_ = trouble{"SESSION_CLOSED", "The node closed the connection: " + said,
                   code == 4004 ? "The session goes on elsewhere"
                                : "See: afd call chat-status sessionId=" + session_id_};
    is_over_ = true;
    co_return;
  }
  if (was_open) tell("The connection is lost" + (said.empty() ? "" : " (" + said + ')') + "…");
  co_return;  // for cppcheck
}

asio::awaitable<void> chat_session::leave() {
  if (const auto socket = std::exchange(socket_, nullptr)) socket->abort();
  if (session_id_.empty() || (end_ && end_->code == "SESSION_CLOSED")) co_return;
  json input = json::object();
  input["sessionId"] = session_id_;
  node_.set_timeout(milliseconds(5'000));
  co_await node_.async_call(io_, "chat-disconnect", input);  // else the node notices by itself
}

void chat_session::stop() {
  is_over_ = true;
  wake_.cancel();
  if (socket_) socket_->abort();
}

void chat_session::finish() {
  is_finishing_ = true;
  progress_at_ = clock::now();
  end_if_done();
}

void chat_session::end_if_done() {
  if (is_finishing_ && was_ready_ && lines_.empty()) stop();
}

asio::awaitable<void> chat_session::pause(milliseconds time) {
  wake_.expires_after(time);
  error_code ec;  // cancelled: it is over
  co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<void> chat_session::watch() {
  asio::steady_timer tick(io_);
  while (!is_over_) {
    tick.expires_after(milliseconds(200));
    co_await tick.async_wait(asio::use_awaitable);
    const auto now = clock::now();
    if (socket_) online_at_ = now;
    if (in_flight_ && now - sent_at_ > limits::chat_answer_timeout && socket_) {
      tell("The node does not acknowledge what was sent");
      socket_->abort();
    }
    if (socket_ && now - pinged_at_ > limits::chat_ping_interval) {
      pinged_at_ = now;
      socket_->send(R"({"type":"ping"})");
    }
    if (is_finishing_ && now - progress_at_ > limits::chat_last_lines_timeout) stop();
  }
}

// --- what comes
// -----------------------------------------------------------------------------------

asio::awaitable<void> chat_session::take(json frame) {
  const auto type = text_at(frame, "type");
  if (type == "welcome") {
    handlers_.on_frame(frame);
    co_await welcome(text_at(frame, "lastMessageId"));
  } else if (type == "history_gap") {
    if (text_at(frame, "reason") == "restored") go_back_to(text_at(frame, "since"));
    co_await catch_up(text_at(frame, "until"));
  } else if (type == "error") {
    take_error(frame);
  } else if (frame.is_object() && frame.contains("id")) {
    const auto id = text_at(frame, "clientMessageId");
    show_once(std::move(frame));
    acknowledge(id);
  } else if (frame.is_object()) {
    handlers_.on_frame(frame);
  }
  co_return;  // for cppcheck
}

asio::awaitable<void> chat_session::welcome(std::string last_id) {
  backoff_ = limits::chat_backoff_min;
  if (!std::exchange(has_entered_, true)) {
    co_await show_history(last_id);
  } else {
    tell("Connected again");
    if (std::exchange(is_new_session_, false)) {
      if (last_id < last_id_) go_back_to(last_id);
      co_await catch_up(last_id);
    }
  }
  is_ready_ = was_ready_ = socket_ != nullptr;
  send_next();
  end_if_done();
}

// Messages that are newer than the welcome may be among them: they come a second time by
// themselves, and are not shown again.
asio::awaitable<void> chat_session::show_history(std::string last_id) {
  if (last_id.empty()) co_return;
  json input = json::object();
  input["roomId"] = place_.room;
  input["limit"] = limits::chat_history_messages;
  const auto result = co_await node_.async_call(io_, "chat-history", input);
  if (result && is_true(at(*result, "success"))) {
    for (auto& frame : frames_of_page(at(*result, "data"))) show_once(std::move(frame));
  } else {
    tell("What was said before is not to be had: " +
         (result ? failure_of(*result) : result.error()).message);
  }
  last_id_ = std::max(last_id_, last_id);
}

// Page by page, to a message that comes by itself, or that was the newest.
asio::awaitable<void> chat_session::catch_up(std::string until) {
  while (!is_over_ && last_id_ < until) {
    json input = json::object();
    input["roomId"] = place_.room;
    input["limit"] = 100;
    if (!last_id_.empty()) input["since"] = last_id_;
    const auto result = co_await node_.async_call(io_, "chat-poll", input);
    if (!result || !is_true(at(*result, "success"))) {
      tell("What was missed is not to be had: " +
           (result ? failure_of(*result) : result.error()).message);
      if (socket_) socket_->abort();  // comes back, and asks again
      co_return;
    }
    const auto& data = at(*result, "data");
    for (const auto& warning : at(*result, "warnings"))
      if (text_at(warning, "code") == "POSITION_LOST")
        go_back_to(text_at(at(warning, "details"), "restartAt"));
    show_page(data);
    const auto last = text_at(data, "lastMessageId");
    if (last > last_id_) last_id_ = last;
    if (!is_true(at(data, "hasMore"))) co_return;
  }
}

// The node was restored from a backup: it has nothing of what was said behind `id`.
void chat_session::go_back_to(std::string id) {
  tell("The node has lost some messages: the last ones above are not in the room any more");
  last_id_ = std::move(id);
}

void chat_session::show_page(const json& data) {
  for (auto& frame : frames_of_page(data)) {
    const bool is_mine = place_.nickname.empty() || text_at(frame, "sender") == place_.nickname;
    const bool is_stored = !lines_.empty() && lines_.front().is_uncertain && is_mine &&
                           text_at(frame, "type") == "message" &&
                           text_at(frame, "text") == lines_.front().text;
    show_once(std::move(frame));
    if (is_stored) acknowledge(lines_.front().id);
  }
}

void chat_session::show_once(json frame) {
  const auto id = text_at(frame, "id");
  if (id <= last_id_) return;  // shown before
  last_id_ = id;
  handlers_.on_frame(frame);
}

// --- what goes
// ------------------------------------------------------------------------------------

void chat_session::say(std::string text) {
  lines_.push_back({line_prefix_ + std::to_string(++said_), std::move(text)});
  send_next();
}

void chat_session::send_next() {
  if (in_flight_ || is_waiting_ || lines_.empty() || !socket_ || !is_ready_) return;
  const auto since = clock::now() - sent_at_;
  if (since < pace_) {
    is_waiting_ = true;
    asio::co_spawn(io_, send_later(std::chrono::ceil<milliseconds>(pace_ - since)), asio::detached);
    return;
  }
  json frame = json::object();
  frame["type"] = "message";
  frame["text"] = lines_.front().text;
  frame["clientMessageId"] = lines_.front().id;
  socket_->send(dump(frame));
  in_flight_ = lines_.front().was_sent = true;
  sent_at_ = clock::now();
}

asio::awaitable<void> chat_session::send_later(milliseconds wait) {
  asio::steady_timer timer(io_, wait);
  co_await timer.async_wait(asio::use_awaitable);
  is_waiting_ = false;
  if (!is_over_) send_next();
}

void chat_session::acknowledge(const std::string& id) {
  if (lines_.empty() || lines_.front().id != id) return;
  lines_.pop_front();
  in_flight_ = false;
  progress_at_ = clock::now();
  pace_ -= pace_ / 64;  // by and by it tries to be faster
  send_next();
  end_if_done();
}

void chat_session::type() {
  const auto now = clock::now();
  if (!socket_ || now - typed_at_ < limits::chat_typing_interval) return;
  typed_at_ = now;
  socket_->send(R"({"type":"typing"})");
}

void chat_session::take_error(const json& frame) {
  handlers_.on_frame(frame);
  const auto code = text_at(frame, "code");
  const auto id = text_at(frame, "clientMessageId");
  const auto& wait = at(frame, "retryAfterMs");
  const bool is_first = in_flight_ && !lines_.empty() && (id.empty() || id == lines_.front().id);
  if (!is_first) return;
  if (code == "RATE_LIMITED" || is_true(at(frame, "retryable"))) {
    const milliseconds time(wait.is_number() ? wait.get<std::int64_t>() : 500);
    pace_ = std::clamp<milliseconds>(std::max(time, pace_ * 3 / 2), milliseconds(50),
                                     limits::chat_backoff_max);
    in_flight_ = false;
    return send_next();
  }
  ++refused_;
  const auto begin = lines_.front().text.substr(0, 40);
  tell("Not sent: \"" + begin + (begin == lines_.front().text ? "\": " : "…\": ") +
       text_at(frame, "message") + ". " + text_at(frame, "suggestion"));
  acknowledge(lines_.front().id);
}

}  // namespace chat::cli
