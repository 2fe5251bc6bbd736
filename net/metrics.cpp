#include "net/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>

#include <array>
#include <utility>
#include <vector>

#include "actors/context.hpp"
#include "actors/outbox.hpp"
#include "model/process_figures.hpp"

namespace chat {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using families = std::vector<MetricFamily>;

constexpr double in_micros = 1e6;  // of one

// A number of node_counters. Rows of one name follow each other; only the first says what it is.
struct number_row {
  const char* name;
  MetricType type;
  const char* help;
  node_counters::counter node_counters::*what;
  const char* label = nullptr;
  const char* value = nullptr;
};
constexpr auto metric_total = MetricType::Counter;
constexpr auto metric_gauge = MetricType::Gauge;
constexpr number_row number_rows[] = {
    {"chatd_connections", metric_gauge, "Open connections of every kind",
     &node_counters::connections},
    {"chatd_websockets", metric_gauge, "Open WebSockets", &node_counters::websockets},
    {"chatd_event_streams", metric_gauge, "Open event streams of rooms",
     &node_counters::event_streams},
    {"chatd_connections_unknown", metric_gauge,
     "Open connections whose peer has not shown who it is", &node_counters::connections_unknown},
    {"chatd_connections_refused_total", metric_total,
     "Connections refused: node full, too many unknown, too many of an address, no descriptors",
     &node_counters::full_refused, "reason", "full"},
    {"chatd_connections_refused_total", metric_total, "", &node_counters::unknown_refused, "reason",
     "unknown"},
    {"chatd_connections_refused_total", metric_total, "", &node_counters::address_refused, "reason",
     "address"},
    {"chatd_connections_refused_total", metric_total, "", &node_counters::exhausted_refused,
     "reason", "descriptors"},
    {"chatd_credentials_refused_total", metric_total, "Requests answered 401",
     &node_counters::credentials_refused},
    {"chatd_tls_handshakes_failed_total", metric_total, "TLS handshakes that failed",
     &node_counters::tls_handshakes_failed},
    {"chatd_slow_consumers_total", metric_total,
     "Connections closed because they did not read (4008)", &node_counters::slow_consumers},
    {"chatd_dead_peers_total", metric_total, "WebSockets whose peer answered no ping",
     &node_counters::dead_peers},
    {"chatd_protocol_errors_total", metric_total, "WebSockets closed with 1002, 1003, 1007 or 1009",
     &node_counters::protocol_errors},
    {"chatd_slow_requests_total", metric_total, "Requests that did not come to their end in time",
     &node_counters::slow_requests},
    {"chatd_rate_limited_total", metric_total, "Calls and events refused for being too many",
     &node_counters::rate_limited},
    {"chatd_http_requests_total", metric_total, "HTTP requests", &node_counters::http_requests},
    {"chatd_http_refused_total", metric_total, "HTTP requests answered 4xx by a door",
     &node_counters::http_refused},
    {"chatd_commands_total", metric_total, "Commands called", &node_counters::commands},
    {"chatd_commands_failed_total", metric_total, "Commands that failed",
     &node_counters::commands_failed},
    {"chatd_messages_in_total", metric_total, "Messages stored", &node_counters::messages_in},
    {"chatd_messages_delivered_total", metric_total,
     "Copies of messages handed to members' connections", &node_counters::messages_out},
    {"chatd_messages_refused_total", metric_total, "Messages not stored: disk, limits, conflicts",
     &node_counters::posts_refused},
    {"chatd_frames_refused_total", metric_total, "Frames of clients answered with an error",
     &node_counters::events_refused},
    {"chatd_commits_total", metric_total, "Commits of the store", &node_counters::commits},
    {"chatd_commit_failures_total", metric_total, "Commits that failed",
     &node_counters::commit_failures},
    {"chatd_storage_queued_bytes", metric_gauge, "Messages accepted that wait to be stored",
     &node_counters::waiting_bytes},
    {"chatd_storage_failing", metric_gauge, "1 while the store cannot commit",
     &node_counters::storage_failing},
    {"chatd_draining", metric_gauge, "1 while the node is stopping", &node_counters::draining},
    {"chatd_webhooks", metric_gauge, "Webhooks that have not ended",
     &node_counters::webhooks_active},
    {"chatd_webhook_deliveries_total", metric_total, "Batches that webhooks' targets took",
     &node_counters::webhook_deliveries},
    {"chatd_webhook_failures_total", metric_total, "Attempts of webhooks that failed",
     &node_counters::webhook_failures},
    {"chatd_webhook_dead_letters_total", metric_total, "Batches given up",
     &node_counters::webhook_dead_letters},
    {"chatd_webhook_dead_letters_forgotten_total", metric_total,
     "Batches given up and forgotten: there were too many", &node_counters::webhook_letters_lost},
    {"chatd_rooms", metric_gauge, "Rooms", &node_counters::rooms},
    {"chatd_rooms_active", metric_gauge, "Rooms in memory", &node_counters::rooms_active},
};

MetricFamily& begin_family(families& all, std::string name, MetricType type, std::string help) {
  all.push_back({std::move(name), std::move(help), type, {}});
  return all.back();
}

void add_value(MetricFamily& family, double value, const char* label = nullptr,
               std::string label_value = {}) {
  ClientMetric metric;
  if (label) metric.label.push_back({label, std::move(label_value)});
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
}

// `unit` of the histogram's values make one of the metric's.
void add_histogram(families& all, std::string name, std::string help, const histogram_figures& h,
                   double unit) {
  ClientMetric metric;
  auto& out = metric.histogram;
  out.sample_sum = static_cast<double>(h.sum) / unit;
  for (std::size_t i = 0; i < h.bounds.size(); ++i) {
    out.sample_count += h.counts[i];
    out.bucket.push_back({out.sample_count, static_cast<double>(h.bounds[i]) / unit});
  }
  out.sample_count += h.counts[h.bounds.size()];
  begin_family(all, std::move(name), MetricType::Histogram, std::move(help))
      .metric.push_back(std::move(metric));
}

void add_numbers(families& all, const node_counters& counters) {
  for (const auto& row : number_rows) {
    if (all.empty() || all.back().name != row.name) begin_family(all, row.name, row.type, row.help);
    add_value(all.back(), static_cast<double>(read(counters.*row.what)), row.label,
              row.value ? row.value : "");
  }
  auto& handoffs = begin_family(all, "chatd_handoffs_refused_total", metric_total,
                                "Connections closed before they had a session, by close code");
  for (std::size_t i = 0; i < counters.handoffs_refused.size(); ++i)
    add_value(handoffs, static_cast<double>(read(counters.handoffs_refused[i])), "code",
              i + 1 < counters.handoffs_refused.size() ? std::to_string(4000 + i) : "other");
  auto& sessions =
      begin_family(all, "chatd_sessions", metric_gauge, "Sessions, a second ago at most");
  for (std::size_t i = 0; i < counters.sessions.size(); ++i)
    add_value(sessions, static_cast<double>(read(counters.sessions[i])), "state",
              std::string(to_string(static_cast<session_state>(i))));
}

void add_storage(families& all, const node_counters& counters) {
  add_histogram(all, "chatd_commit_seconds", "What a commit takes",
                histogram_figures(counters.commit_times), in_micros);
  add_histogram(all, "chatd_commit_wait_seconds",
                "How long what came first in a batch had waited when it was stored",
                histogram_figures(counters.commit_waits), in_micros);
  add_histogram(all, "chatd_commit_messages", "Messages in a commit",
                histogram_figures(counters.commit_batches), 1);
}

void add_loops(families& all, const std::vector<lane*>& loops) {
  MetricFamily lag{"chatd_loop_lag_seconds",
                   "The longest wait for a loop's turn, of a second",
                   metric_gauge,
                   {}};
  MetricFamily bytes{
      "chatd_outbox_bytes", "Bytes that wait for clients to read them", metric_gauge, {}};
  histogram_figures turns;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    const auto& loop = loops[i]->gauge();
    turns.add(loop.turns);
    add_value(lag, static_cast<double>(read(loop.lag_micros)) / in_micros, "loop",
              std::to_string(i));
    add_value(bytes, static_cast<double>(read(loop.outbox_bytes)), "loop", std::to_string(i));
  }
  add_histogram(all, "chatd_loop_turn_seconds",
                "What a loop does before others have their turn: reading, actors, writing", turns,
                in_micros);
  all.push_back(std::move(lag));
  all.push_back(std::move(bytes));
}

// By the names that Prometheus' own clients give them.
void add_process(families& all) {
  const auto figures = recent_process_figures();
  add_value(begin_family(all, "process_resident_memory_bytes", metric_gauge, "Memory in use"),
            static_cast<double>(figures.resident_bytes));
  add_value(begin_family(all, "process_open_fds", metric_gauge, "Descriptors in use"),
            static_cast<double>(figures.descriptors));
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
    add_value(begin_family(all, "process_max_fds", metric_gauge, "Descriptors there may be"),
              static_cast<double>(descriptors.rlim_cur));
  add_value(begin_family(all, "process_cpu_seconds_total", metric_total, "CPU time of all threads"),
            static_cast<double>(figures.cpu_micros) / in_micros);
}

}  // namespace

std::string metrics_text(const node_counters& counters, const node_context* node) {
  families all;
  add_numbers(all, counters);
  add_storage(all, counters);
  add_process(all);
  if (node) {
    add_loops(all, node->lanes);
    add_value(
        begin_family(all, "process_start_time_seconds", metric_gauge, "When the node started"),
        static_cast<double>(node->started_ms) / 1000);
    add_value(begin_family(all, "chatd_info", metric_gauge, "Always 1"), 1, "version",
              node->version);
  }
  return static_cast<const prometheus::Serializer&>(prometheus::TextSerializer()).Serialize(all);
}

}  // namespace chat
