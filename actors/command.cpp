#include "actors/command.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>

#include "actors/audit.hpp"
#include "actors/protocol.hpp"
#include "model/ids.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

failure not_found(const std::string& name) {
  const auto similar = similar_commands(name);
  std::string suggestion;
  if (!similar.empty()) {
    suggestion = "Did you mean '" + std::string(similar[0]) + "'? ";
    for (std::size_t i = 1; i < similar.size(); ++i) {
      suggestion += i == 1 ? "Other close matches: '" : ", '";
      suggestion += similar[i];
      suggestion += '\'';
    }
    if (similar.size() > 1) suggestion += ". ";
  }
  return make_failure(errc::command_not_found, "Command '" + name + "' not found",
                      suggestion + "Use afd-help to list all commands.");
}

failure not_allowed(const command_row& row, const caller& who) {
  const auto needed = std::string(to_string(row.needs));
  return make_failure(errc::forbidden,
                      std::string(row.name) + " needs the scope " + needed + "; you have " +
                          std::string(to_string(who.may)),
                      "Ask the operator for a key or token with the scope " + needed);
}

void add_unknown_field_warnings(command_result& result, const command_call& call) {
  if (!call.row || !call.input) return;
  for (const auto& name : call.input->unknown)
    result.warnings.push_back({"UNKNOWN_FIELD", "Field '" + name + "' is not known to " +
                                                    std::string(call.row->name) +
                                                    " and was ignored"});
}

// Calls that wait are looked at so often: a deadline is late by as much at most.
constexpr auto deadline_interval = std::chrono::seconds(1);

void start_ticking(command_actor* self) {
  auto& st = self->state;
  if ((st.calls.empty() && st.patient_calls.empty()) || std::exchange(st.ticking, true)) return;
  self->delayed_send(self, deadline_interval, tick{});
}

// Handoffs that were not given, and whatever somebody may not.
void audit_refused(const node_context& node, const command_call& call, const failure& why) {
  const bool is_handoff = call.row && !call.row->handoff_protocol.empty();
  if (!node.audit || (!is_handoff && why.code != errc::forbidden)) return;
  const auto room_id = call.input ? call.input->input.text("roomId") : std::string_view();
  node.audit->write({.event = "refused",
                     .user_id = call.who.user_id,
                     .room_id = utf16_prefix(room_id, limits::room_id_chars_max),
                     .address = call.who.address,
                     .reason = call.command + ": " + why.message});
}

constexpr const char* too_late = "The node did not answer in time";

void fail_late_calls(command_actor* self) {
  auto& st = self->state;
  st.ticking = false;
  const auto now = self->clock().now();
  for (; !st.calls.empty() && st.calls.front().until <= now; st.calls.pop_front())
    if (const auto late = st.calls.front().run.lock()) late->fail(errc::timeout, too_late);
  auto& patient = st.patient_calls;
  while (!patient.empty() && patient.begin()->first <= now)
    patient.begin()->second->fail(errc::timeout, too_late);  // and is none of them any more
  start_ticking(self);
}

// Remembers a call that was not answered at once.
void await_answer(command_actor* self, const std::shared_ptr<command_run>& run) {
  auto& calls = self->state.calls;
  while (!calls.empty() && calls.front().run.expired()) calls.pop_front();
  calls.push_back({self->clock().now() + limits::ask_timeout, run});
  start_ticking(self);
}

// How long the caller has to wait; 0 when it may go on.
std::int64_t admit(command_actor* self, const command_run& run, const command_row* row) {
  const auto& node = *self->state.node;
  if (!node.limiter) return 0;
  const bool is_handoff = row && row->opens_session;
  const auto wait_ms = node.limiter->admit(is_handoff, run.who().user_id, run.who().address,
                                           node_time_ms(*self, node));
  if (wait_ms > 0) add(node.counters.rate_limited);
  return wait_ms;
}

void run(command_actor* self, call_ptr call) {
  const auto* row = call->row;
  const auto input_failure = call->input ? failure{} : call->input.error();
  const bool usable = call->input.has_value();
  const auto name = call->command;
  const auto run = std::make_shared<command_run>(self, std::move(call));
  if (const auto wait_ms = admit(self, *run, row))
    return run->fail(make_rate_limited("You call faster than this node allows", wait_ms));
  if (!row) return run->fail(not_found(name));
  if (run->who().may < row->needs) return run->fail(not_allowed(*row, run->who()));
  if (!usable) return run->fail(input_failure);
  row->run(run);
  if (!run->is_finished() && !run->is_patient()) await_answer(self, run);
}

}  // namespace

command_run::command_run(command_actor* self, call_ptr call)
    : self_(self), call_(std::move(call)), began_(std::chrono::steady_clock::now()) {}

command_run::~command_run() {
  if (!finished_) fail(errc::internal_error, "The call ended without an answer");
}

void command_run::allow(std::chrono::milliseconds more) {
  patient_ =
      self_->state.patient_calls.emplace(self_->clock().now() + limits::ask_timeout + more, this);
  start_ticking(self_);
}

void command_run::finish(command_result result) {
  if (std::exchange(finished_, true)) return;
  if (patient_) self_->state.patient_calls.erase(*patient_);
  auto& counters = self_->state.node->counters;
  add(counters.commands);
  if (!result.success) add(counters.commands_failed);
  add_unknown_field_warnings(result, *call_);
  if (!result.success) audit_refused(*self_->state.node, *call_, result.error);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began_;
  const auto trace_id = new_trace_id();
  result_metadata meta{took.count(), call_->row ? call_->row->version : "1.0.0", trace_id,
                       wall_clock_ms()};
  if (!result.success && result.error.code == errc::internal_error)
    spdlog::error("command {}: {} (trace {})", call_->command, result.error.message, trace_id);
  call_->answer({encode(result, meta), result.success, result.error.retry_after_ms});
}

caf::behavior make_command(command_actor* self, caf::actor hub, const node_context* node) {
  self->state.hub = std::move(hub);
  self->state.node = node;
  return {[self](call_ptr& call) { run(self, std::move(call)); },
          [self](tick) { fail_late_calls(self); }};
}

}  // namespace chat
