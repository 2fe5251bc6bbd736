#include "app/node.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <optional>
#include <random>
#include <thread>

#include "actors/call_memory.hpp"
#include "actors/command.hpp"
#include "actors/hub.hpp"
#include "actors/storage.hpp"
#include "actors/webhooks.hpp"
#include "app/audit_file.hpp"
#include "app/authentication.hpp"
#include "app/descriptors.hpp"
#include "app/handover.hpp"
#include "app/initial_rooms.hpp"
#include "app/passed_sockets.hpp"
#include "app/token_secret.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"
#include "model/steady_clock.hpp"
#include "net/chat_connection.hpp"
#include "net/http_config.hpp"
#include "net/http_connection.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/loop_scheduler.hpp"
#include "net/tls_handshake.hpp"
#include "net/webhook_client.hpp"
#include "storage/store.hpp"

namespace chat {

using namespace std::chrono_literals;

namespace {

// Waits for something other threads bring about; gives up at the deadline.
template <class Condition>
bool wait_until(std::chrono::steady_clock::time_point deadline, Condition condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

}  // namespace

// In the order of their making; what a part uses stands above it.
struct node::parts {
  config settings;
  node_counters counters;
  std::atomic<bool> draining{false};
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

result<stored_state> node::parts::open_store() {
  const auto mode = settings.durability == "power" ? durability::power : durability::process;
  auto opened = store::open(settings.data, mode, limits::handover_grace);
  if (!opened && next().is_under_way()) {
    spdlog::info("waiting for the node that is stopping to let go of {}", settings.data);
    opened = store::open(settings.data, mode, limits::handover_timeout);
  }
  if (!opened) return tl::unexpected(opened.error());
  db = std::move(*opened);
  next().is_done();
  auto floor = db->floor();
  if (!floor) return tl::unexpected(floor.error());
  auto rooms = prepare_rooms(*db, settings.room_definitions);
  if (!rooms) return tl::unexpected(rooms.error());
  auto sessions = db->sessions();
  if (!sessions) return tl::unexpected(sessions.error());
  auto hooks = db->webhooks();
  if (!hooks) return tl::unexpected(hooks.error());
  stored_webhooks = std::move(*hooks);
  return stored_state{std::move(*rooms), std::move(*sessions), *floor};
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
  chat.rates_on = settings.rates.on;
  chat.audit = audit.get();
  std::vector<std::string> hosts;
  for (const auto& address : addresses) hosts.push_back(address.where.address().to_string());
  http = std::make_unique<http_config>(http_config{.counters = counters});
  http->origins = origin_policy(settings.public_url, hosts, settings.allow_origins);
  http->websocket_base = settings.public_url;
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

result<void> node::parts::listen() {
  std::vector<loop*> targets;
  for (auto& l : loops) targets.push_back(l.get());
  const auto all = connections_max();
  places.emplace(counters,
                 admission_limits{.connections = all,
                                  .unknown = std::min(all, limits::unknown_connections_max),
                                  .of_address = settings.connections_per_address});
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
    while (!where && may_wait()) {
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

// Every socket gets its close frame and some time to answer it; calls under way are answered.
void node::parts::say_goodbye() {
  draining = true;
  chat::add(counters.draining);
  caf::anon_send(hub, drain{});
  entrance->share();
  next().say_stopping();
  const auto deadline = std::chrono::steady_clock::now() + drain_time() + limits::drain_timeout;
  for (auto& l : loops)
    l->post([&l = *l, rate = 1.0 * settings.drain_rate / static_cast<double>(loops.size())] {
      l.drain(rate);
    });
  // Until another node listens at its addresses this one does, and says that it is stopping.
  const auto all_gone = [this] { return read(counters.connections) == 0; };
  wait_until(deadline, [&] { return next().has_next() || all_gone(); });
  entrance->stop();
  std::latch stopped(1);  // who was taken last is counted
  loops.front()->post([&stopped] { stopped.count_down(); });
  stopped.wait();
  if (wait_until(deadline, all_gone)) return;
  spdlog::warn("{} connection(s) did not say goodbye", read(counters.connections));
  for (auto& l : loops) l->post([&l = *l] { l.end_all(); });
  wait_until(std::chrono::steady_clock::now() + 500ms, all_gone);
}

// The storage actor and the search beside it end last: the rooms' last batches are committed before
// it does.
void node::parts::stop_actors() {
  const auto deadline = std::chrono::steady_clock::now() + 1s;
  for (const auto& c : commands) caf::anon_send_exit(c, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(webhooks, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(memory, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(hub, caf::exit_reason::user_shutdown);
  wait_until(deadline, [this] { return system->registry().running() <= 2; });
  // What rooms stored last may still be on its way: to their loop, and from there to the storage.
  std::latch handed_over(static_cast<std::ptrdiff_t>(loops.size()));
  for (auto& l : loops)
    l->post([&l = *l, &handed_over] { l.post([&handed_over] { handed_over.count_down(); }); });
  handed_over.wait();
  caf::anon_send_exit(storage, caf::exit_reason::user_shutdown);
  // Its thread ends with the last handle.
  for (auto& l : loops) l->post([&l = *l] { l.store_with(nullptr); });
  storage = webhooks = nullptr;
  system->await_all_actors_done();
  webhook_sender.reset();
}

void node::parts::stop_loops() {
  system.reset();  // needs the loops
  for (auto& l : loops) l->stop();
  for (auto& t : threads) t.join();
  entrance.reset();  // its sockets are the loops'
  loops.clear();     // and with them what is left of connections, which use the doors
}

node::node(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
node::~node() = default;

result<std::unique_ptr<node>> node::start(const config& settings) {
  auto p = std::make_unique<parts>();
  p->settings = settings;
  p->context.timeouts = settings.timeouts;
  p->context.rates = settings.rates;
  p->context.bind_ip = settings.bind_ip;
  p->context.pending_sessions_max = settings.pending_sessions;
  if (settings.rates.on) p->context.limiter = &p->limiter.emplace(settings.rates);
  std::unique_ptr<node> made(new node(std::move(p)));
  if (auto started = made->parts_->start(); !started) {
    made->parts_->stop_loops();
    return tl::unexpected(started.error());
  }
  spdlog::info("chatd {} started: data in {}, durability {}, {} loop(s)", CHATD_VERSION,
               settings.data, settings.durability, settings.threads);
  return made;
}

std::vector<std::string> node::urls() const {
  std::vector<std::string> urls;
  for (const auto& address : parts_->addresses) urls.push_back(to_url(address));
  return urls;
}

void node::reload() const {
  if (const auto loaded = parts_->load_certificate(); !loaded)
    spdlog::error("the certificate stays as it was: {}. {}", loaded.error().message,
                  loaded.error().suggestion);
  else if (parts_->settings.tls_cert.empty())
    spdlog::info("there is no certificate to read again");
}

void node::look_after() {
  if (parts_->auth->refresh()) caf::anon_send(parts_->hub, standing_changed{});
}

std::chrono::seconds node::stop_timeout() const {
  return std::chrono::ceil<std::chrono::seconds>(parts_->drain_time()) + limits::shutdown_timeout;
}

void node::stop() {
  spdlog::info("stopping");
  parts_->say_goodbye();
  parts_->stop_actors();
  parts_->stop_loops();
  spdlog::info("stopped");
}

}  // namespace chat
