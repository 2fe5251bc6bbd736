#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/process_figures.hpp"

namespace chat {

namespace {

void write_storage(json_writer& json, const node_counters& c) {
  const auto commits = read(c.commits);
  json.key("storage").begin_object().field("commits", commits);
  json.field("commitFailures", read(c.commit_failures));
  json.field("averageCommitMicros", commits == 0 ? 0 : read(c.commit_micros) / commits);
  json.field("lagMicros", read(c.commit_lag_micros));
  json.field("queuedBytes", read(c.waiting_bytes));
  json.field("failing", read(c.storage_failing) != 0).end_object();
}

void write_webhooks(json_writer& json, const node_counters& c) {
  json.key("webhooks").begin_object().field("active", read(c.webhooks_active));
  json.field("delivered", read(c.webhook_deliveries));
  json.field("failedAttempts", read(c.webhook_failures));
  json.field("deadLetters", read(c.webhook_dead_letters));
  json.field("deadLettersForgotten", read(c.webhook_letters_lost)).end_object();
}

// What would grow if anything were forgotten.
void write_process(json_writer& json, std::size_t actors) {
  const auto figures = read_process_figures();
  json.key("process").begin_object().field("residentBytes", figures.resident_bytes);
  json.field("descriptors", figures.descriptors).field("actors", actors).end_object();
}

std::string status_json(const node_context& node, const hub_status& hub, std::size_t actors,
                        std::int64_t now_ms) {
  const auto& c = node.counters;
  std::string data;
  json_writer json(data);
  json.begin_object().field("version", node.version);
  json.field("startedAt", format_time(node.started_ms));
  json.field("uptimeSeconds", (now_ms - node.started_ms) / 1000);
  json.key("connections").begin_object().field("open", read(c.connections));
  json.field("webSockets", read(c.websockets)).field("eventStreams", read(c.event_streams));
  json.field("unknown", read(c.connections_unknown));
  json.field("refused", read(c.connections_refused));
  json.field("slowConsumers", read(c.slow_consumers)).end_object();
  json.key("sessions").begin_object();
  for (const auto state :
       {session_state::pending, session_state::connected, session_state::disconnected,
        session_state::closed, session_state::expired})
    json.field(to_string(state), hub.sessions[static_cast<std::size_t>(state)]);
  json.end_object().key("rooms").begin_object().field("total", hub.rooms);
  json.field("active", hub.rooms_active).end_object();
  json.key("messages").begin_object().field("in", read(c.messages_in));
  json.field("out", read(c.messages_out)).field("refused", read(c.events_refused)).end_object();
  json.key("commands").begin_object().field("total", read(c.commands));
  json.field("failed", read(c.commands_failed)).end_object();
  json.key("http").begin_object().field("requests", read(c.http_requests));
  json.field("refused", read(c.http_refused)).end_object();
  write_webhooks(json, c);
  // What somebody asked for in vain.
  json.key("dropped").begin_object().field("messages", read(c.posts_refused));
  json.field("frames", read(c.events_refused));
  json.field("slowConsumers", read(c.slow_consumers));
  json.field("rateLimited", read(c.rate_limited));
  json.field("connections", read(c.connections_refused));
  json.field("connectionsOfAddress", read(c.address_refused));
  json.field("connectionsUnknown", read(c.unknown_refused));
  json.field("credentials", read(c.credentials_refused));
  json.field("handoffs", read(c.handoffs_refused));
  json.field("protocolErrors", read(c.protocol_errors));
  json.field("deadPeers", read(c.dead_peers));
  json.field("slowRequests", read(c.slow_requests));
  json.field("tlsHandshakes", read(c.tls_handshakes_failed)).end_object();
  write_storage(json, c);
  write_process(json, actors);
  json.end_object();
  return data;
}

// How the node is doing.
void run_node_status(command_run_ptr run) {
  ask<hub_status>(run, run->hub(), get_hub_status{}, [run](const hub_status& hub) {
    command_result r;
    auto& self = *run->self();
    r.data = status_json(run->node(), hub, self.system().registry().running(),
                         node_time_ms(self, run->node()));
    r.reasoning = read(run->node().counters.storage_failing) != 0
                      ? "The node is up, but cannot store messages at the moment"
                      : "The node is up";
    run->finish(std::move(r));
  });
}

constexpr std::string_view node_status_output =
    R"({"type":"object","properties":{"version":{"type":"string"},)"
    R"("startedAt":{"type":"string","format":"date-time"},"uptimeSeconds":{"type":"integer"},)"
    R"("connections":{"type":"object","properties":{"open":{"type":"integer"},)"
    R"("webSockets":{"type":"integer"},"eventStreams":{"type":"integer",)"
    R"("description":"Of rooms, in place of WebSockets"},"unknown":{"type":"integer",)"
    R"("description":"Open ones whose peer has not shown who it is"},)"
    R"("refused":{"type":"integer"},)"
    R"("slowConsumers":{"type":"integer","description":"Closed because they did not read"}},)"
    R"("required":["open","webSockets","eventStreams","unknown","refused","slowConsumers"]},)"
    R"("sessions":{"type":"object","description":"How many are in each state","properties":{)"
    R"("pending":{"type":"integer"},"connected":{"type":"integer"},)"
    R"("disconnected":{"type":"integer"},"closed":{"type":"integer"},)"
    R"("expired":{"type":"integer"}},)"
    R"("required":["pending","connected","disconnected","closed","expired"]},)"
    R"("rooms":{"type":"object","properties":{"total":{"type":"integer"},)"
    R"("active":{"type":"integer","description":"Those in memory just now"}},)"
    R"("required":["total","active"]},"messages":{"type":"object","properties":{)"
    R"("in":{"type":"integer"},)"
    R"("out":{"type":"integer","description":"Copies sent to members"},)"
    R"("refused":{"type":"integer"}},"required":["in","out","refused"]},)"
    R"("commands":{"type":"object","properties":{"total":{"type":"integer"},)"
    R"("failed":{"type":"integer"}},"required":["total","failed"]},)"
    R"("http":{"type":"object","properties":{"requests":{"type":"integer"},)"
    R"("refused":{"type":"integer"}},"required":["requests","refused"]},)"
    R"("webhooks":{"type":"object","properties":{"active":{"type":"integer"},)"
    R"("delivered":{"type":"integer","description":"Posts that were taken"},)"
    R"("failedAttempts":{"type":"integer"},)"
    R"("deadLetters":{"type":"integer","description":"Posts given up after an hour"},)"
    R"("deadLettersForgotten":{"type":"integer"}},"required":["active","delivered",)"
    R"("failedAttempts","deadLetters","deadLettersForgotten"]},)"
    R"("dropped":{"type":"object","description":"What somebody asked for in vain",)"
    R"("properties":{"messages":{"type":"integer"},"frames":{"type":"integer"},)"
    R"("slowConsumers":{"type":"integer"},"rateLimited":{"type":"integer"},)"
    R"("connections":{"type":"integer"},"connectionsOfAddress":{"type":"integer"},)"
    R"("connectionsUnknown":{"type":"integer"},"credentials":{"type":"integer"},)"
    R"("handoffs":{"type":"integer","description":"Connections closed before they had a session"},)"
    R"("protocolErrors":{"type":"integer"},"deadPeers":{"type":"integer"},)"
    R"("slowRequests":{"type":"integer"},)"
    R"("tlsHandshakes":{"type":"integer"}},"required":["messages","frames","slowConsumers",)"
    R"("rateLimited","connections","connectionsOfAddress","connectionsUnknown","credentials",)"
    R"("handoffs","protocolErrors","deadPeers","slowRequests",)"
    R"("tlsHandshakes"]},"storage":{"type":"object","properties":{)"
    R"("commits":{"type":"integer"},"commitFailures":{"type":"integer"},)"
    R"("averageCommitMicros":{"type":"integer"},"lagMicros":{"type":"integer",)"
    R"("description":"How long the oldest of the last batch waited to be stored"},)"
    R"("queuedBytes":{"type":"integer","description":"What waits to be stored"},)"
    R"("failing":{"type":"boolean",)"
    R"("description":"The disk cannot be written: messages are refused"}},)"
    R"("required":["commits","commitFailures","averageCommitMicros","lagMicros",)"
    R"("queuedBytes","failing"]},"process":{"type":"object","properties":{)"
    R"("residentBytes":{"type":"integer"},"descriptors":{"type":"integer"},)"
    R"("actors":{"type":"integer"}},"required":["residentBytes","descriptors","actors"]}},)"
    R"("required":["version","startedAt","uptimeSeconds","connections","sessions","rooms",)"
    R"("messages","commands","http","webhooks","dropped","storage","process"]})";

constexpr std::string_view node_status_tags[] = {"node", "read", "safe"};
constexpr errc node_status_errors[] = {errc::validation_error, errc::timeout};

}  // namespace

constinit const command_row node_status_row{
    .name = "node-status",
    .category = "node",
    .description = "How the node is doing: connections, sessions, messages, storage",
    .tags = node_status_tags,
    .fields = {},
    .output = node_status_output,
    .errors = node_status_errors,
    .idempotent = true,
    .needs = scope::admin,
    .run = run_node_status};

}  // namespace chat
