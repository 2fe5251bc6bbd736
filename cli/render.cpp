#include "cli/render.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace chat::cli {

namespace {

constexpr std::size_t indent_step = 2;

bool is_scalar(const json& value) { return !value.is_structured(); }

std::string scalar_text(const json& value, bool keeps_lines = false) {
  if (value.is_null()) return "-";
  return terminal_text(value.is_string() ? value.get<std::string>() : dump(value), keeps_lines);
}

// In a cell of a table.
std::string cell_text(const json& value) {
  if (is_scalar(value)) return scalar_text(value);
  if (value.is_array() && value.empty()) return "none";
  if (value.is_array() && std::ranges::all_of(value, is_scalar)) {
    std::string list;
    for (const auto& item : value) list += (list.empty() ? "" : ", ") + scalar_text(item);
    return list;
  }
  return terminal_text(dump(value));
}

std::string indented(std::string_view text, std::size_t by) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) out += std::string(by, ' ') + std::string(text.substr(0, end));
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string data_lines(const json& data, const paint& colours);

std::string table_of(const json& list, const paint& colours) {
  std::vector<std::string> head;
  for (const auto& item : list)
    for (const auto& [key, value] : item.items())
      if (std::ranges::find(head, key) == head.end()) head.push_back(key);
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list) {
    auto& row = rows.emplace_back();
    for (const auto& key : head)
      row.push_back(item.contains(key) ? cell_text(item[key]) : std::string());
  }
  return render_table(head, rows, colours);
}

std::string object_lines(const json& object, const paint& colours) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, width_of(key));
  std::string out;
  for (const auto& [key, value] : object.items()) {
    const bool is_list = value.is_array() && !std::ranges::all_of(value, is_scalar);
    const auto label = colours.name(padded(terminal_text(key), width));
    if (is_list || (value.is_object() && !value.empty())) {
      out += colours.name(terminal_text(key)) + '\n';
      out += indented(data_lines(value, colours), indent_step);
      continue;
    }
    auto text = is_scalar(value) ? scalar_text(value, true) : cell_text(value);
    // Texts of several lines stand under their beginning.
    auto lines = indented(text, width + indent_step);
    if (!lines.empty()) lines.erase(0, width + indent_step);
    out += label + std::string(indent_step, ' ') + (lines.empty() ? "\n" : lines);
  }
  return out;
}

std::string data_lines(const json& data, const paint& colours) {
  if (data.is_object()) return object_lines(data, colours);
  if (!data.is_array()) return scalar_text(data, true) + '\n';
  const auto is_object = [](const json& item) { return item.is_object() && !item.empty(); };
  if (!data.empty() && std::ranges::all_of(data, is_object)) return table_of(data, colours);
  std::string out;
  for (const auto& item : data) out += cell_text(item) + '\n';
  return out;
}

std::string percent(double ratio) {
  return std::to_string(std::lround(std::clamp(ratio, 0.0, 1.0) * 100)) + '%';
}

std::string warnings_of(const json& result, const paint& colours) {
  std::string out;
  for (const auto& warning : at(result, "warnings"))
    out += colours.warning("! " + terminal_text(text_at(warning, "message"))) + '\n';
  return out;
}

// As a call that can be pasted.
std::string call_line(const std::string& name, const json& input) {
  std::string line = "afd call " + terminal_text(name);
  if (input.is_object())
    for (const auto& [key, value] : input.items())
      line += ' ' + terminal_text(key) + '=' + terminal_text(as_argument(value));
  return line;
}

std::string next_steps(const json& result, const paint& colours) {
  const auto& top = at(result, "_agentHints");
  const auto& hints = top.is_object() ? top : at(at(result, "metadata"), "agentHints");
  std::string out;
  const auto add = [&](const char* label, const std::string& text) {
    if (!text.empty()) out += colours.faint(label) + ' ' + text + '\n';
  };
  add("next:", terminal_text(text_at(hints, "nextAction")));
  const auto fallback = text_at(hints, "fallbackCommand");
  if (!fallback.empty())
    add("next:", "afd call " + terminal_text(fallback) + " …, where there is no WebSocket");
  for (const auto& suggestion : at(result, "suggestions"))
    add("next:", suggestion.is_string() ? scalar_text(suggestion)
                                        : terminal_text(text_at(suggestion, "message")));
  const auto undo = text_at(result, "undoCommand");
  if (!undo.empty()) add("undo:", call_line(undo, at(result, "undoArgs")));
  return out;
}

std::string error_lines(const json& error, const paint& colours, bool verbose) {
  std::string out = colours.bad("✗ " + terminal_text(text_at(error, "message")));
  out += ' ' + colours.faint('[' + terminal_text(text_at(error, "code")) + ']') + '\n';
  const auto suggestion = text_at(error, "suggestion");
  if (!suggestion.empty()) out += colours.faint("try:") + ' ' + terminal_text(suggestion) + '\n';
  if (is_true(at(error, "retryable"))) out += colours.faint("The same call may work later") + '\n';
  const auto& details = at(error, "details");
  if (verbose && !details.is_null()) out += indented(data_lines(details, colours), indent_step);
  return out;
}

std::string extras_of(const json& result, const paint& colours) {
  std::string out;
  const auto& confidence = at(result, "confidence");
  if (confidence.is_number())
    out += colours.faint("confidence ") + percent(confidence.get<double>()) + '\n';
  for (const auto& source : at(result, "sources"))
    out += colours.faint("source ") + cell_text(source) + '\n';
  const auto& metadata = at(result, "metadata");
  if (at(metadata, "executionTimeMs").is_number())
    out += colours.faint("took ") + dump(metadata["executionTimeMs"]) + " ms, trace " +
           terminal_text(text_at(metadata, "traceId")) + '\n';
  return out;
}

}  // namespace

std::string render_table(const std::vector<std::string>& head,
                         const std::vector<std::vector<std::string>>& rows, const paint& colours) {
  std::vector<std::size_t> widths;
  for (const auto& title : head) widths.push_back(width_of(title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  const auto line = [&](const std::vector<std::string>& cells, bool is_head) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool is_last = i + 1 == cells.size();
      const auto text = is_last ? cells[i] : padded(cells[i], widths[i] + indent_step);
      out += is_head ? colours.title(text) : text;
    }
    return out + '\n';
  };
  std::string out = line(head, true);
  for (const auto& row : rows) out += line(row, false);
  return out;
}

std::string render_data(const json& data, const paint& colours) {
  return indented(data_lines(data, colours), indent_step);
}

std::string render_result(const json& result, const paint& colours, bool verbose) {
  if (!is_true(at(result, "success")))
    return error_lines(at(result, "error"), colours, verbose) + warnings_of(result, colours) +
           next_steps(result, colours) + (verbose ? extras_of(result, colours) : "");
  const auto reasoning = text_at(result, "reasoning");
  std::string out = colours.good("✓") + ' ';
  out += (reasoning.empty() ? "Done" : terminal_text(reasoning)) + '\n';
  const auto& data = at(result, "data");
  if (!data.is_null()) out += render_data(data, colours);
  out += warnings_of(result, colours) + next_steps(result, colours);
  return out + (verbose ? extras_of(result, colours) : "");
}

std::string render_batch(const json& batch, const paint& colours, bool verbose) {
  if (at(batch, "error").is_object()) return error_lines(batch["error"], colours, verbose);
  const auto& summary = at(batch, "summary");
  const bool is_whole = at(summary, "failureCount") == 0;
  std::string out = is_whole ? colours.good("✓") : colours.warning("!");
  out += ' ' + terminal_text(text_at(batch, "reasoning")) + '\n';
  for (const auto& part : at(batch, "results")) {
    const auto& result = at(part, "result");
    const auto name = terminal_text(text_at(part, "command"));
    const auto id = ' ' + colours.faint('(' + terminal_text(text_at(part, "id")) + ')') + '\n';
    const bool is_done = is_true(at(result, "success"));
    out += "  " + (is_done ? colours.good("✓") : colours.bad("✗")) + ' ' + name + id;
    if (!is_done) out += indented(error_lines(at(result, "error"), colours, verbose), 4);
    if (is_done && verbose) out += indented(render_data(at(result, "data"), colours), 2);
  }
  const auto& total = at(at(batch, "timing"), "totalMs");
  if (verbose && total.is_number()) out += colours.faint("took ") + dump(total) + " ms\n";
  return out + warnings_of(batch, colours);
}

std::string render_tools(const std::vector<json>& tools, const paint& colours) {
  std::vector<std::string> categories;  // in the node's order
  std::map<std::string, std::string> lines;
  std::size_t width = 0;
  for (const auto& tool : tools) width = std::max(width, width_of(text_at(tool, "name")));
  for (const auto& tool : tools) {
    const auto category = category_of(tool);
    if (!lines.contains(category)) categories.push_back(category);
    const bool changes = is_true(at(at(tool, "_meta"), "mutation"));
    lines[category] += "  " + colours.name(padded(terminal_text(text_at(tool, "name")), width)) +
                       (changes ? colours.warning(" * ") : "   ") +
                       terminal_text(text_at(tool, "description")) + '\n';
  }
  std::string out;
  for (const auto& category : categories)
    out += colours.title(terminal_text(category)) + '\n' + lines[category];
  out += colours.faint(std::to_string(tools.size()) + " tools; * changes something") + '\n';
  return out;
}

std::string render_trouble(const trouble& why, const paint& colours) {
  return error_lines(at(result_of(why), "error"), colours, false);
}

std::string category_of(const json& tool) {
  const auto given = text_at(at(tool, "_meta"), "category");
  const auto name = text_at(tool, "name");
  return given.empty() ? name.substr(0, name.find('-')) : given;
}

json result_of(const trouble& why) {
  json error{{"code", why.code}, {"message", why.message}, {"suggestion", why.suggestion}};
  json result = json::object();
  result["success"] = false;
  result["error"] = std::move(error);
  return result;
}

std::string as_argument(const json& value) {
  const auto text = value.is_string() ? value.get<std::string>() : dump(value);
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == ':';
  });
  if (is_plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

}  // namespace chat::cli
