#pragma once
// What a node is made of. For its own files: node.cpp, node_start.cpp, node_stop.cpp.

#include <atomic>
#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "actors/call_memory.hpp"
#include "actors/command.hpp"
#include "actors/hub.hpp"
#include "actors/storage.hpp"
#include "actors/webhooks.hpp"
#include "app/authentication.hpp"
#include "app/handover.hpp"
#include "app/node.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"
#include "model/steady_clock.hpp"
#include "net/chat_connection.hpp"
#include "net/http_config.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/tls_handshake.hpp"
#include "net/webhook_client.hpp"
#include "storage/store.hpp"

namespace chat {

// In the order of their making; what a part uses stands above it.
struct node::parts {
  config settings;
  std::function<bool()> stop_is_asked;  // while it starts
  node_counters counters;
  std::atomic<bool> draining{false};
  /// Loops that have not answered is_alive() yet.
  std::shared_ptr<std::atomic<std::size_t>> heartbeats_missing =
      std::make_shared<std::atomic<std::size_t>>(0);
  std::optional<token_signer> tokens;
  std::optional<rate_limiter> limiter;
  std::unique_ptr<audit_log> audit;
  std::unique_ptr<authentication> auth;
  node_context context{.counters = counters,
                       .started_ms = wall_clock_ms(),
                       .started_clock_ms = steady_clock_ms(),  // as the actors' clock counts
                       .version = CHATD_VERSION};
  tls_certificate certificate;
  const tls_options tls{.certificate = certificate, .counters = counters};
  std::optional<admission> places;
  std::shared_ptr<store> db;
  std::unique_ptr<webhook_client> webhook_sender;
  std::vector<webhook_record> stored_webhooks;  // until their actor has them
  std::vector<std::unique_ptr<loop>> loops;
  std::vector<std::thread> threads;
  caf::actor_system_config system_config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor storage;
  caf::actor hub;
  caf::actor webhooks;
  caf::actor memory;
  std::vector<caf::actor> commands;  // one a loop
  chat_options chat;
  std::unique_ptr<http_config> http;
  std::vector<std::unique_ptr<door_context>> doors;  // one a loop
  std::unique_ptr<listener> entrance;
  std::vector<listen_address> addresses;  // with the ports really taken

  result<void> start();
  result<stored_state> open_store();
  result<void> prepare_trust();
  result<void> load_certificate();
  void start_loops();
  void start_actors(stored_state stored);
  void prepare_doors();
  void allow_origins();
  result<void> listen();
  void serve(socket_ptr socket);

  handover next() const { return handover(settings.data); }
  std::chrono::milliseconds drain_time() const {
    return std::chrono::milliseconds(1000 * read(counters.connections) / settings.drain_rate);
  }
  void say_goodbye();
  void stop_actors();
  void stop_loops();
};

}  // namespace chat
