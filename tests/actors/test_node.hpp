#pragma once
// A node without sockets: hub, storage and command actors over a real store in a temporary
// directory.

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "actors/call_memory.hpp"
#include "actors/command.hpp"
#include "actors/hub.hpp"
#include "actors/storage.hpp"
#include "actors/webhooks.hpp"
#include "model/json_reader.hpp"
#include "storage/store.hpp"
#include "tests/actors/fake_targets.hpp"
#include "tests/actors/test_system.hpp"
#include "tests/json_text.hpp"
#include "tests/temporary_directory.hpp"

namespace chat::test {

/// While it lives, no file of this process can be written.
class full_disk {
 public:
  full_disk() {
    signal(SIGXFSZ, SIG_IGN);  // so that writing fails instead
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~full_disk() { setrlimit(RLIMIT_FSIZE, &before_); }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

 private:
  rlimit before_{};
};

/// Somebody who may speak, or more.
inline caller user(std::string id, std::string name = {}, scope may = scope::write) {
  return {.user_id = std::move(id), .name = std::move(name), .may = may};
}

/// What a test may want otherwise.
struct node_options {
  session_timeouts timeouts = {};
  std::vector<room_definition> rooms = {{"general", "General", "", 100, 0},
                                        {"tiny", "Tiny", "", 1, 0}};
  std::filesystem::path data = {};  ///< a store that is there already; its rooms come on top
  rate_limits rates = {};
  bool bind_ip = false;
  std::size_t pending_sessions_max = limits::sessions_max;
  std::size_t sessions_max = limits::sessions_max;
  std::size_t rooms_max = limits::rooms_max;
  audit_log* audit = nullptr;
};

class test_node : public test_system {
 public:
  explicit test_node(node_options options = {}) {
    context.timeouts = options.timeouts;
    context.rates.set(options.rates);
    context.limiter = &limiter.emplace(options.rates);
    auto opened =
        store::open(options.data.empty() ? directory.path() : options.data, durability::process);
    if (!opened) throw std::runtime_error(opened.error().message);
    db = std::move(*opened);
    context.bind_ip = options.bind_ip;
    context.pending_sessions_max = options.pending_sessions_max;
    context.sessions_max = options.sessions_max;
    context.rooms_max = options.rooms_max;
    context.audit = options.audit;
    stored_state stored{std::move(options.rooms), db->sessions().value(), db->floor()};
    auto held = db->rooms().value();
    for (auto& room : held) {
      std::erase_if(stored.rooms, [&](const auto& other) { return other.id == room.id; });
      stored.rooms.push_back(std::move(room));
    }
    storage = system.spawn(make_storage, db, &context);
    lane_.storage = storage;
    hub = system.spawn(make_hub, &context, storage, std::move(stored));
    webhooks = system.spawn(make_webhooks, &context, hub, storage, &targets, db->webhooks().value(),
                            [] { return 1.0; });
    context.webhooks = &webhooks;
    memory = system.spawn(make_call_memory, storage);
    command = system.spawn(make_command, hub, memory, &context);
    run();
  }
  ~test_node() override {
    caf::anon_send_exit(hub, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(command, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(webhooks, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(memory, caf::exit_reason::user_shutdown);
    run();
    caf::anon_send_exit(storage, caf::exit_reason::user_shutdown);
    run();
    hub = command = memory = webhooks = storage = lane_.storage = nullptr;
    targets.held.clear();
  }

  // --- Commands

  /// A call under way.
  struct pending_call {
    std::string json;
    int answers = 0;
  };
  std::shared_ptr<pending_call> start(const std::string& name, const std::string& input,
                                      caller who = local_user(), interest_ptr still_wanted = {}) {
    const auto root = parse_json(input);
    if (!root) throw std::logic_error("input is not JSON: " + input);
    auto pending = std::make_shared<pending_call>();
    auto c = make_call(name, *root);
    c->who = std::move(who);
    c->websocket_base = "ws://test";
    c->still_wanted = std::move(still_wanted);
    c->answer = [pending](command_answer a) {
      pending->json = std::move(a.json);
      ++pending->answers;
    };
    caf::anon_send(command, std::move(c));
    return pending;
  }
  /// The CommandResult of a call, as JSON text.
  std::string call(const std::string& name, const std::string& input = "{}",
                   caller who = local_user()) {
    const auto pending = start(name, input, std::move(who));
    run();
    if (pending->answers != 1) throw std::logic_error("a call must be answered exactly once");
    return pending->json;
  }
  /// "OK", or the code of the failure.
  std::string outcome(const std::string& name, const std::string& input,
                      caller who = local_user()) {
    const auto json = call(name, input, std::move(who));
    return at(json, "/success") == "true" ? "OK" : text_at(json, "/error/code");
  }
  /// What chat-poll sees of a room's beginning: "Ada: hello | Bob: hi".
  std::string history(const std::string& room) {
    const auto json = call("chat-poll", R"({"roomId":")" + room + R"(","limit":100})");
    std::string out;
    for (int i = 0;; ++i) {
      const auto message = "/data/messages/" + std::to_string(i);
      if (at(json, message) == "absent") return out;
      if (i > 0) out += " | ";
      out += text_at(json, message + "/sender") + ": " + text_at(json, message + "/text");
    }
  }

  // --- Sessions and connections

  struct credentials {
    std::string token;
    std::string session_id;
  };
  /// Opens a session by command.
  credentials open(const std::string& room, const std::string& nickname,
                   caller who = local_user()) {
    const auto result =
        call("chat-connect", R"({"roomId":")" + room + R"(","nickname":")" + nickname + "\"}", who);
    if (at(result, "/success") != "true") throw std::logic_error("no session: " + result);
    return {text_at(result, "/data/credentials/token"),
            text_at(result, "/data/credentials/sessionId")};
  }
  fake_outbox_ptr connect(lane& home) { return caf::make_counted<fake_outbox>(home); }
  fake_outbox_ptr connect() { return connect(lane_); }
  /// Presents a token on a new connection.
  fake_outbox_ptr present(const std::string& token, const std::string& room,
                          const std::string& address = {}) {
    auto out = connect();
    caf::anon_send(hub, present_token{token, room, out, address});
    run();
    return out;
  }
  /// A member of a room.
  fake_outbox_ptr join(const std::string& room, const std::string& nickname, lane& home) {
    auto out = connect(home);
    caf::anon_send(hub, present_token{open(room, nickname).token, room, out});
    run();
    return out;
  }
  fake_outbox_ptr join(const std::string& room, const std::string& nickname) {
    return join(room, nickname, lane_);
  }
  /// The session's actor, as the hub knows it.
  caf::actor session(const std::string& session_id) {
    return ask<session_reply>(hub, find_session{session_id, "local"})->session;
  }
  std::string state_of(const std::string& session_id) {
    const auto json = call("chat-status", R"({"sessionId":")" + session_id + "\"}");
    return at(json, "/success") == "true" ? text_at(json, "/data/state")
                                          : text_at(json, "/error/code");
  }

  void post(const fake_outbox_ptr& from, const std::string& text,
            const std::string& client_id = "") {
    auto m = std::make_shared<message>();
    m->text = text;
    m->client_id = client_id;
    caf::anon_send(from->session, chat::post{std::move(m), from});
  }
  void lose(const fake_outbox_ptr& connection) {
    connection->gone = true;
    caf::anon_send(connection->session, connection_lost{connection});
    run();
  }

  temporary_directory directory;
  std::optional<rate_limiter> limiter;
  std::shared_ptr<store> db;
  caf::actor storage;
  caf::actor hub;
  fake_targets targets;
  caf::actor webhooks;
  caf::actor memory;
  caf::actor command;
};

}  // namespace chat::test
