#include <unistd.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/inspection.hpp"
#include "cli/print.hpp"
#include "cli/render.hpp"

namespace chat::cli {

namespace {

class validation {
 public:
  validation(const settings& s, remote node, const validate_request& r)
      : settings_(s), request_(r), inspection_(std::move(node), r.category) {}

  int run() {
    for (const auto checks : {door_checks(), command_checks(), chat_checks()})
      for (const auto& c : checks)
        if (!is_interrupted()) add(c.name, c.section, c.run(inspection_));
    add("the room is gone", "3", clean_up(inspection_));
    if (is_interrupted()) {
      note("afd: interrupted, " + (rows_.back().found.what == verdict::kind::off
                                       ? "and the room " + inspection_.room + " is left"
                                       : std::string("nothing is left on the node")));
      return exit_interrupted;
    }
    if (settings_.json)
      print_json(report());
    else
      show();
    return is_good() ? exit_done : exit_failed;
  }

 private:
  struct row {
    std::string name;
    std::string section;
    verdict found;
  };

  void add(const std::string& name, const std::string& section, verdict v) {
    if (isatty(2) == 1 && !settings_.json) std::fprintf(stderr, "\r\x1b[K%s", name.c_str());
    rows_.push_back({name, section, std::move(v)});
  }

  std::size_t count(verdict::kind what) const {
    std::size_t n = 0;
    for (const auto& r : rows_) n += r.found.what == what ? 1 : 0;
    return n;
  }

  bool is_good() const {
    return count(verdict::kind::off) == 0 &&
           (!request_.warnings_fail || count(verdict::kind::skipped) == 0);
  }

  static const char* word_of(verdict::kind what) {
    if (what == verdict::kind::fine) return "passed";
    return what == verdict::kind::off ? "failed" : "skipped";
  }

  json report() const {
    json checks = json::array();
    for (const auto& r : rows_) {
      json one{{"name", r.name}, {"section", r.section}, {"result", word_of(r.found.what)}};
      if (!r.found.text.empty()) one["problem"] = r.found.text;
      checks.push_back(std::move(one));
    }
    json whole{{"url", inspection_.node.url()}, {"valid", is_good()}};
    whole["passed"] = count(verdict::kind::fine);
    whole["failed"] = count(verdict::kind::off);
    whole["skipped"] = count(verdict::kind::skipped);
    whole["checks"] = std::move(checks);
    return whole;
  }

  void show() const {
    if (isatty(2) == 1) std::fputs("\r\x1b[K", stderr);
    const auto& c = out_colours();
    std::vector<std::vector<std::string>> table;
    for (const auto& r : rows_) {
      const auto word = std::string(word_of(r.found.what));
      const auto mark = r.found.what == verdict::kind::fine  ? c.good("✓")
                        : r.found.what == verdict::kind::off ? c.bad("✗")
                                                             : c.warning("-");
      table.push_back({r.name, r.section, mark + ' ' + word});
    }
    print(render_table({"check", "contract", "result"}, table, c));
    for (const auto& r : rows_)
      if (!r.found.text.empty())
        print('\n' + (r.found.what == verdict::kind::off ? c.bad("✗") : c.warning("-")) + ' ' +
              r.name + "\n  " + terminal_text(r.found.text) + '\n');
    print('\n' + std::to_string(count(verdict::kind::fine)) + " passed, " +
          std::to_string(count(verdict::kind::off)) + " failed, " +
          std::to_string(count(verdict::kind::skipped)) + " skipped\n");
  }

  const settings& settings_;
  const validate_request& request_;
  inspection inspection_;
  std::vector<row> rows_;
};

}  // namespace

int run_validate(const settings& s, const validate_request& r) {
  auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  // A node that is not there is one problem, not fifty.
  if (const auto there = node->send("GET", "/health"); there.status == 0)
    return refuse(s, node->unusable(there));
  return validation(s, std::move(*node), r).run();
}

}  // namespace chat::cli
