#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "app/audit_file.hpp"
#include "app/descriptors.hpp"
#include "app/initial_rooms.hpp"
#include "app/node_parts.hpp"
#include "app/passed_sockets.hpp"
#include "app/token_secret.hpp"
#include "net/http_connection.hpp"
#include "net/loop_scheduler.hpp"

namespace chat {

using namespace std::chrono_literals;

result<stored_state> node::parts::open_store() {
  const auto mode = settings.durability == "power" ? durability::power : durability::process;
  const auto begun = std::chrono::steady_clock::now();
  bool is_known = false;
  auto opened = store::open(settings.data, mode, [&] {
    const auto waited = std::chrono::steady_clock::now() - begun;
    if (stop_is_asked() || waited > limits::handover_timeout) return false;
    if (is_known || waited < limits::handover_grace) return true;
    is_known = next().is_under_way();
    if (is_known)
      spdlog::info("waiting for the node that is stopping to let go of {}", settings.data);
    return is_known;
  });
  if (!opened) return tl::unexpected(opened.error());
  db = std::move(*opened);
  next().is_done();
  auto rooms = prepare_rooms(*db, settings.room_definitions);
  if (!rooms) return tl::unexpected(rooms.error());
  auto sessions = db->sessions();
  if (!sessions) return tl::unexpected(sessions.error());
  auto hooks = db->webhooks();
  if (!hooks) return tl::unexpected(hooks.error());
  stored_webhooks = std::move(*hooks);
  return stored_state{std::move(*rooms), std::move(*sessions), db->floor()};
}

// Who may come in, by which tokens, and where that is written down.
result<void> node::parts::prepare_trust() {
  context.settings = settings.as_json;
  if (!settings.audit_log.empty()) {
    auto file = open_audit_file(settings.audit_log);
    if (!file) return tl::unexpected(file.error());
    audit = std::move(*file);
    context.audit = audit.get();
  }
  auto secret = load_token_secret(token_secret_file_of(settings));
  if (!secret) return tl::unexpected(secret.error());
  tokens.emplace(std::move(*secret));
  context.tokens = &*tokens;
  auto made = authentication::make(settings, audit.get());
  if (!made) return tl::unexpected(made.error());
  auth = std::move(*made);
  if (auth->knows_users())
    context.standing_of = [this](std::string_view user_id) { return auth->standing_of(user_id); };
  return {};
}

result<void> node::parts::load_certificate() {
  if (settings.tls_cert.empty()) return {};
  const auto loaded = certificate.load(settings.tls_cert, settings.tls_key);
  if (!loaded) return tl::unexpected(loaded.error());
  for (const auto& warning : loaded->warnings) spdlog::warn("{}", warning);
  spdlog::info("certificate of {}, good until {}", loaded->subject, loaded->good_until);
  return {};
}

void node::parts::start_loops() {
  for (unsigned i = 0; i < settings.threads; ++i) loops.push_back(std::make_unique<loop>());
  for (auto& l : loops) threads.emplace_back([&l = *l] { l.run(); });
}

void node::parts::start_actors(stored_state stored) {
  use_loop_scheduler(system_config, loops);
  system = std::make_unique<caf::actor_system>(system_config);
  storage = system->spawn<caf::detached>(make_storage, db, &context);
  for (auto& l : loops) {
    context.lanes.push_back(l.get());
    l->post([&l = *l, storage = storage] { l.store_with(storage); });
  }
  hub = system->spawn(make_hub, &context, storage, std::move(stored));
  std::uniform_real_distribution<double> any;
  webhooks = system->spawn(
      make_webhooks, &context, hub, storage, webhook_sender.get(), std::move(stored_webhooks),
      [any, from = std::minstd_rand(std::random_device{}())]() mutable { return any(from); });
  context.webhooks = &webhooks;
  memory = system->spawn(make_call_memory, storage);
  for (std::size_t i = 0; i < loops.size(); ++i)
    commands.push_back(system->spawn(make_command, hub, memory, &context));
}

void node::parts::prepare_doors() {
  chat.hub = hub;
  chat.rates = &context.rates;
  chat.audit = audit.get();
  http = std::make_unique<http_config>(http_config{.counters = counters});
  allow_origins();
  http->public_urls = settings.urls;
  http->proxies = settings.proxies;
  http->keep_alive_timeout = std::chrono::seconds(settings.keep_alive_timeout);
  http->mcp = mcp::make_chat_service(
      mcp::parse_tool_strategy(settings.mcp_tools).value_or(mcp::tool_strategy::individual));
  http->default_host = to_string(addresses.front().where);
  http->authenticate = [this](std::string_view authorization, const std::string& peer) {
    return auth->check(authorization, peer);
  };
  http->audit = audit.get();
  http->not_ready = [this]() -> std::optional<failure> {
    if (draining)
      return make_failure(errc::overloaded, "The node is stopping", "Use another node, or wait");
    if (read(counters.storage_failing) != 0)
      return make_failure(errc::storage_unavailable, "The node cannot store messages at the moment",
                          "Free disk space; the node recovers by itself");
    return std::nullopt;
  };
  http->on_upgrade = [this](upgrade u) {
    caf::make_counted<chat_connection>(std::move(u.socket), u.request, chat, counters)
        ->start(u.request, std::move(u.early));
  };
  http->chat = &chat;
  http->node = &context;
  for (std::size_t i = 0; i < loops.size(); ++i)
    doors.push_back(std::make_unique<door_context>(
        door_context{*loops[i], *http,
                     [to = commands[i]](call_ptr call) { caf::anon_send(to, std::move(call)); }}));
}

// The port first: a second node started by mistake is refused before it touches any data.
// Connections wait in the kernel until the entrance opens.
result<void> node::parts::start() {
  if (auto loaded = load_certificate(); !loaded) return loaded;
  start_loops();
  if (auto bound = listen(); !bound) return bound;
  auto stored = open_store();
  if (!stored) return tl::unexpected(stored.error());
  if (auto prepared = prepare_trust(); !prepared) return prepared;
  auto client = webhook_client::start(settings.webhook_allow_private);
  if (!client) return tl::unexpected(client.error());
  webhook_sender = std::move(*client);
  start_actors(std::move(*stored));
  prepare_doors();
  entrance->start();
  return {};
}

void node::parts::allow_origins() {
  std::vector<std::string> hosts;
  for (const auto& address : addresses) hosts.push_back(address.where.address().to_string());
  http->origins->set(origin_policy(settings.public_urls, hosts, settings.allow_origins));
}

result<void> node::parts::listen() {
  std::vector<loop*> targets;
  for (auto& l : loops) targets.push_back(l.get());
  const auto all = connections_max();
  places.emplace(counters,
                 admission_limits{.connections = all,
                                  .unknown = std::min(all, limits::unknown_connections_max),
                                  .of_address = settings.connections_per_address,
                                  .proxies = settings.proxies});
  entrance = std::make_unique<listener>(targets, *places, [this](socket_ptr socket, transport how) {
    if (how == transport::plain) return serve(std::move(socket));
    std::make_shared<tls_handshake>(std::move(socket), tls, [this](socket_ptr s) {
      serve(std::move(s));
    })->start();
  });
  auto passed = passed_sockets();
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& address : settings.addresses) {
    if (auto socket = take_socket_of(address, passed)) {
      const auto where = entrance->adopt(std::move(socket), address.how);
      if (!where) return tl::unexpected(where.error());
      addresses.push_back(*where);
      continue;
    }
    // Beside a node that is stopping: it shares its addresses, so that there is always one that
    // listens. One that was told to stop just now says so a moment later.
    auto where = entrance->listen(address);
    const auto may_wait = [&] {
      return std::chrono::steady_clock::now() - begun <
             (next().is_under_way() ? limits::drain_timeout : limits::handover_grace);
    };
    while (!where && may_wait() && !stop_is_asked()) {
      std::this_thread::sleep_for(2ms);
      where = entrance->listen(address, next().is_under_way());
    }
    if (!where) return tl::unexpected(where.error());
    addresses.push_back(*where);
  }
  if (!passed.empty())
    return tl::unexpected(make_failure(
        errc::validation_error, "A socket was passed for an address that no --listen names",
        "Let the socket unit's ListenStream and --listen name the same addresses"));
  next().say_listening();
  return {};
}

void node::parts::serve(socket_ptr socket) {
  const auto index = static_cast<std::size_t>(
      std::ranges::find(loops, &socket->home(), &std::unique_ptr<loop>::get) - loops.begin());
  std::make_shared<http_connection>(std::move(socket), *doors[index])->start();
}

}  // namespace chat
