#include <algorithm>

#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/concat.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/process_figures.hpp"

namespace chat {

namespace {

void write_histogram(json_writer& json, std::string_view name, const histogram_figures& h) {
  json.key(name).begin_object().field("count", h.count()).field("sum", h.sum);
  json.key("upTo").begin_array();
  for (const auto bound : h.bounds) json.number(static_cast<std::int64_t>(bound));
  json.end_array().key("counts").begin_array();
  for (std::size_t i = 0; i <= h.bounds.size(); ++i)
    json.number(static_cast<std::int64_t>(h.counts[i]));
  json.end_array().end_object();
}

void write_loops(json_writer& json, const std::vector<lane*>& lanes) {
  histogram_figures turns;
  std::uint64_t lag = 0;
  std::uint64_t bytes = 0;
  for (const auto* l : lanes) {
    turns.add(l->gauge().turns);
    lag = std::max(lag, read(l->gauge().lag_micros));
    bytes += read(l->gauge().outbox_bytes);
  }
  json.key("loops").begin_object().field("lagMicros", lag).field("outboxBytes", bytes);
  write_histogram(json, "turnMicros", turns);
  json.key("each").begin_array();
  for (const auto* l : lanes)
    json.begin_object()
        .field("lagMicros", read(l->gauge().lag_micros))
        .field("outboxBytes", read(l->gauge().outbox_bytes))
        .end_object();
  json.end_array().end_object();
}

void write_storage(json_writer& json, const node_counters& c) {
  const histogram_figures times(c.commit_times);
  const auto commits = times.count();
  json.key("storage").begin_object().field("commits", read(c.commits));
  json.field("commitFailures", read(c.commit_failures));
  json.field("averageCommitMicros", commits == 0 ? 0 : times.sum / commits);
  write_histogram(json, "commitMicros", times);
  write_histogram(json, "waitMicros", histogram_figures(c.commit_waits));
  write_histogram(json, "batchMessages", histogram_figures(c.commit_batches));
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

// Everything that kept somebody from being connected, by why.
void write_refused(json_writer& json, const node_counters& c) {
  json.key("refusedBy").begin_object().field("full", read(c.full_refused));
  json.field("unknown", read(c.unknown_refused)).field("address", read(c.address_refused));
  json.field("descriptors", read(c.exhausted_refused));
  json.field("tls", read(c.tls_handshakes_failed));
  json.field("credentials", read(c.credentials_refused));
  json.key("closeCodes").begin_object();
  for (unsigned i = 0; i + 1 < c.handoffs_refused.size(); ++i)
    json.field(std::to_string(4000 + i), read(c.handoffs_refused[i]));
  json.field("other", read(c.handoffs_refused.back())).end_object().end_object();
}

// What would grow if anything were forgotten.
void write_process(json_writer& json, std::size_t actors) {
  const auto figures = read_process_figures();
  json.key("process").begin_object().field("residentBytes", figures.resident_bytes);
  json.field("descriptors", figures.descriptors).field("cpuMicros", figures.cpu_micros);
  json.field("actors", actors).end_object();
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
  write_refused(json, c);
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
  json.field("handoffs", read_all(c.handoffs_refused));
  json.field("protocolErrors", read(c.protocol_errors));
  json.field("deadPeers", read(c.dead_peers));
  json.field("slowRequests", read(c.slow_requests));
  json.field("tlsHandshakes", read(c.tls_handshakes_failed)).end_object();
  write_storage(json, c);
  write_loops(json, node.lanes);
  write_process(json, actors);
  json.key("settings").raw(node.settings).end_object();
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

constexpr std::string_view histogram_schema =
    R"({"type":"object","description":"How many of each size, since the node started",)"
    R"("properties":{"count":{"type":"integer"},"sum":{"type":"integer"},)"
    R"("upTo":{"type":"array","items":{"type":"integer"}},)"
    R"("counts":{"type":"array","items":{"type":"integer"},)"
    R"("description":"Up to each bound, but over the one before; the last: all others"}},)"
    R"("required":["count","sum","upTo","counts"]})";
constexpr std::string_view status_begin =
    R"({"type":"object","properties":{"version":{"type":"string"},)"
    R"("startedAt":{"type":"string","format":"date-time"},"uptimeSeconds":{"type":"integer"},)"
    R"("connections":{"type":"object","properties":{"open":{"type":"integer"},)"
    R"("webSockets":{"type":"integer"},"eventStreams":{"type":"integer",)"
    R"("description":"Of rooms, in place of WebSockets"},"unknown":{"type":"integer",)"
    R"("description":"Open ones whose peer has not shown who it is"},)"
    R"("refused":{"type":"integer"},"refusedBy":{"type":"object",)"
    R"("description":"The first four make refused; the others got further",)"
    R"("properties":{"full":{"type":"integer","description":"The node had all it can hold"},)"
    R"("unknown":{"type":"integer","description":"Too many had not shown who they are"},)"
    R"("address":{"type":"integer","description":"Their address had all it may have"},)"
    R"("descriptors":{"type":"integer","description":"The process was out of them"},)"
    R"("tls":{"type":"integer","description":"Handshakes that failed"},)"
    R"("credentials":{"type":"integer","description":"Requests answered 401"},)"
    R"("closeCodes":{"type":"object","description":"Closed before they had a session",)"
    R"("additionalProperties":{"type":"integer"}}},"required":["full","unknown","address",)"
    R"("descriptors","tls","credentials","closeCodes"]},)"
    R"("slowConsumers":{"type":"integer","description":"Closed because they did not read"}},)"
    R"("required":["open","webSockets","eventStreams","unknown","refused","refusedBy",)"
    R"("slowConsumers"]},)"
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
    R"("averageCommitMicros":{"type":"integer"},)"
    R"("commitMicros":)";
constexpr std::string_view status_waits = R"(,"waitMicros":)";
constexpr std::string_view status_batches = R"(,)"
                                            R"("batchMessages":)";
constexpr std::string_view status_lag =
    R"(,"lagMicros":{"type":"integer",)"
    R"("description":"How long the oldest of the last batch waited to be stored"},)"
    R"("queuedBytes":{"type":"integer","description":"What waits to be stored"},)"
    R"("failing":{"type":"boolean",)"
    R"("description":"The disk cannot be written: messages are refused"}},)"
    R"("required":["commits","commitFailures","averageCommitMicros","commitMicros",)"
    R"("waitMicros","batchMessages","lagMicros","queuedBytes","failing"]},)"
    R"("loops":{"type":"object","description":"Threads that serve connections","properties":{)"
    R"("lagMicros":{"type":"integer",)"
    R"("description":"The longest that anything waited for its turn, of the last second"},)"
    R"("outboxBytes":{"type":"integer","description":"Waiting for clients to read them"},)"
    R"("turnMicros":)";
constexpr std::string_view status_end =
    R"(,"each":{"type":"array","items":{)"
    R"("type":"object","properties":{"lagMicros":{"type":"integer"},)"
    R"("outboxBytes":{"type":"integer"}},"required":["lagMicros","outboxBytes"]}}},)"
    R"("required":["lagMicros","outboxBytes","turnMicros","each"]},)"
    R"("process":{"type":"object","properties":{)"
    R"("residentBytes":{"type":"integer"},"descriptors":{"type":"integer"},)"
    R"("cpuMicros":{"type":"integer"},"actors":{"type":"integer"}},)"
    R"("required":["residentBytes","descriptors","cpuMicros","actors"]},)"
    R"("settings":{"type":"object",)"
    R"("description":"What the node was started with, by the names of its flags"}},)"
    R"("required":["version","startedAt","uptimeSeconds","connections","sessions","rooms",)"
    R"("messages","commands","http","webhooks","dropped","storage","loops","process","settings"]})";
constexpr std::string_view node_status_output =
    concat<status_begin, histogram_schema, status_waits, histogram_schema, status_batches,
           histogram_schema, status_lag, histogram_schema, status_end>;

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
