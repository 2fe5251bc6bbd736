#include "bench/load/report.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "bench/report_page.hpp"
#include "model/json_writer.hpp"

namespace bench {

namespace {

// Where latency is read off for the plot: as many nines as a run has messages for.
constexpr double plotted_percentiles[] = {0,  10, 25,   50,   75,    90,    95,
                                          98, 99, 99.5, 99.9, 99.95, 99.99, 99.999};

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return text;
}

// Three digits that count; thousands set apart.
std::string human(double value) {
  if (std::abs(value) < 1000) return print("%.3g", value);
  std::string text;
  const auto digits = print("%.0f", value);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

double mib(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

void write_run(chat::json_writer& json, const figures& f) {
  json.begin_object().field("scenario", f.scenario).field("shape", f.shape);
  json.field("server", f.server).field("unit", f.unit).field("seconds", f.seconds);
  json.field("count", f.count).field("messages", f.messages).field("rate", f.rate());
  if (f.latency.count() > 0) {
    json.field("latencyOf", f.latency_of).key("latencyMs").begin_array();
    for (const auto percent : plotted_percentiles)
      json.begin_array().number(percent).number(f.latency_ms(percent)).end_array();
    json.begin_array().number(100.0).number(f.latency_ms(100)).end_array().end_array();
  }
  if (f.knows_server) {
    json.field("serverCpuSeconds", f.server_cpu_s).field("serverUserSeconds", f.server_user_s);
    json.field("serverSystemSeconds", f.server_system_s).field("serverCores", f.server_cores);
    json.field("cpuMicrosEach", f.cpu_us_each());
    json.field("rssBeginBytes", f.rss_begin_bytes).field("rssMaxBytes", f.rss_max_bytes);
  }
  json.field("clientCpuSeconds", f.client_cpu_s);
  json.field("clientWasTheLimit", f.client_was_the_limit());
  json.key("perSecond").begin_array();
  for (const auto rate : f.per_second) json.number(std::round(rate));
  json.end_array().key("more").begin_array();
  for (const auto& m : f.more)
    json.begin_object()
        .field("name", m.name)
        .field("value", m.value)
        .field("unit", m.unit)
        .end_object();
  json.end_array().end_object();
}

void write_row(chat::json_writer& json, const table_row& row) {
  json.begin_object().field("what", row.what).field("unit", row.unit).key("cells").begin_array();
  for (const auto& cell : row.cells)
    json.begin_object()
        .field("server", cell.server)
        .field("value", cell.value)
        .field("orMore", cell.or_more)
        .end_object();
  json.end_array().field("target", row.target);
  if (row.met) json.field("met", *row.met);
  json.end_object();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> about_machine() {
  std::vector<std::pair<std::string, std::string>> about;
  char date[32];
  const auto now = std::time(nullptr);
  std::strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  about.emplace_back("date", date);
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);)
    if (line.starts_with("model name")) {
      about.emplace_back("processor", line.substr(line.find(':') + 2));
      break;
    }
  about.emplace_back("cores", std::to_string(sysconf(_SC_NPROCESSORS_ONLN)));
  utsname system{};
  if (uname(&system) == 0) about.emplace_back("kernel", system.release);
  return about;
}

std::string to_text(const figures& f) {
  auto text = print("%s on %s: %s\n", f.scenario.c_str(), f.server.c_str(), f.shape.c_str());
  text += "  " + f.unit + ": " + human(static_cast<double>(f.count));
  if (f.scenario != "idle")
    text += print(" in %.1f s, %s a second", f.seconds, human(f.rate()).c_str());
  if (f.messages > 0)
    text += ", of " + human(static_cast<double>(f.messages) / f.seconds) + " messages a second";
  text += '\n';
  if (f.latency.count() > 0)
    text += print("  latency ms: p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f  (%s)\n",
                  f.latency_ms(50), f.latency_ms(90), f.latency_ms(99), f.latency_ms(99.9),
                  f.latency_ms(100), f.latency_of.c_str());
  if (f.knows_server) {
    text += print("  server: %.0f %% CPU (user %.0f %%, system %.0f %%), RSS %.1f MiB",
                  100 * f.server_cpu_s / f.seconds, 100 * f.server_user_s / f.seconds,
                  100 * f.server_system_s / f.seconds, mib(f.rss_max_bytes));
    if (f.scenario != "idle") text += print(", %.3f µs of CPU each", f.cpu_us_each());
    text += '\n';
  } else {
    text += "  server: give --pid to see its CPU and memory\n";
  }
  text += print("  client: %.0f %% CPU\n", 100 * f.client_cpu_s / f.seconds);
  for (const auto& m : f.more) text += "  " + m.name + ": " + human(m.value) + ' ' + m.unit + '\n';
  if (f.client_was_the_limit())
    text += "  warning: the client was busy all the time and the server was not: it can do more\n";
  return text;
}

std::string to_text(const std::vector<table_row>& table) {
  std::vector<std::string> servers;
  for (const auto& row : table)
    for (const auto& cell : row.cells)
      if (std::ranges::find(servers, cell.server) == servers.end()) servers.push_back(cell.server);
  std::string text = "| figure | unit |";
  std::string line = "|---|---|";
  for (const auto& server : servers) {
    text += " " + server + " |";
    line += "--:|";
  }
  text += " target | met |\n" + line + "---|---|\n";
  for (const auto& row : table) {
    text += "| " + row.what + " | " + row.unit + " |";
    for (const auto& server : servers) {
      const auto cell = std::ranges::find(row.cells, server, &table_row::cell::server);
      if (cell != row.cells.end()) text += (cell->or_more ? " ≥ " : " ") + human(cell->value);
      text += " |";
    }
    text += " " + row.target + " | " + (row.met ? *row.met ? "yes" : "**no**" : "") + " |\n";
  }
  return text;
}

std::string to_json(const report& r) {
  std::string out;
  chat::json_writer json(out);
  json.begin_object().key("about").begin_object();
  for (const auto& [name, value] : r.about) json.field(name, value);
  json.end_object().key("table").begin_array();
  for (const auto& row : r.table) write_row(json, row);
  json.end_array().key("runs").begin_array();
  for (const auto& f : r.runs) write_run(json, f);
  json.end_array().end_object();
  return out;
}

std::string to_html(const report& r) {
  const std::string_view page = report_page;
  const std::string_view place = "@DATA@";
  const auto at = page.find(place);
  std::string out(page.substr(0, at));
  for (const char c : to_json(r))
    if (c == '<')
      out += "\\u003c";  // inside a script element nothing may look like its end
    else
      out += c;
  out += page.substr(at + place.size());
  return out;
}

}  // namespace bench
