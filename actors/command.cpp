#include "actors/command.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>

#include "actors/audit.hpp"
#include "actors/command_inputs.hpp"
#include "actors/command_once.hpp"
#include "actors/protocol.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using inputs::idempotency_key;

failure not_allowed(const command_row& row, const caller& who) {
  const auto needed = std::string(to_string(row.needs));
  return make_failure(errc::forbidden,
                      std::string(row.name) + " needs the scope " + needed + "; you have " +
                          std::string(to_string(who.may)),
                      "Ask the operator for a key or token with the scope " + needed);
}

// The field's own name, of a path such as commands.0.dryRun.
std::string_view last_name(std::string_view path) { return path.substr(path.rfind('.') + 1); }

// A caller who asked for a dry run, or for one that can be sent again, in a place where nobody
// looks for it or by another name must not get a plain write.
std::optional<failure> misplaced(const command_call& call) {
  std::vector<input_problem> problems;
  for (const auto& path : call.input->unknown) {
    const auto name = last_name(path);
    const auto meant = meant_of_writes(name);
    if (meant.empty()) continue;
    if (meant != name) {
      problems.push_back(
          {path, "Did you mean " + std::string(meant) + "? Nothing was done", "unrecognized_keys"});
      continue;
    }
    const bool is_key_of_many = call.row->runs == parts::many && name == idempotency_key.name;
    problems.push_back({path,
                        is_key_of_many
                            ? "It belongs beside each `command`: every write needs a key of its own"
                            : "It is not looked for here: it belongs at the top of the input",
                        "unrecognized_keys"});
  }
  if (problems.empty()) return std::nullopt;
  return invalid_input(call.row->fields, problems);
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

void answer_late_calls(command_actor* self) {
  auto& st = self->state;
  st.ticking = false;
  const auto now = self->clock().now();
  for (; !st.calls.empty() && st.calls.front().until <= now; st.calls.pop_front())
    if (const auto late = st.calls.front().run.lock()) late->be_late();
  auto& patient = st.patient_calls;
  while (!patient.empty() && patient.begin()->first <= now)
    std::shared_ptr(patient.begin()->second)->be_late();  // which removes it
  start_ticking(self);
}

// Here and not in destructors: those run when the state is gone. Composites are among the patient
// ones, and go first: parts of theirs that end now begin no others.
void answer_all_calls(command_actor* self) {
  auto& st = self->state;
  st.stopping = true;
  const auto why = make_failure(errc::overloaded, "The node is stopping",
                                "Look whether it was done, and call again in a few seconds");
  auto& patient = st.patient_calls;
  while (!patient.empty()) std::shared_ptr(patient.begin()->second)->fail(why);
  for (const auto& one : std::exchange(st.calls, {}))
    if (const auto run = one.run.lock()) run->is_finished() ? run->be_late() : run->fail(why);
}

// Remembers a call that was not answered at once.
void await_answer(command_actor* self, const std::shared_ptr<command_run>& run) {
  auto& calls = self->state.calls;
  const auto needs_nothing = [](const command_state::waiting& one) {
    const auto run = one.run.lock();
    return !run || run->is_answered();
  };
  while (!calls.empty() && needs_nothing(calls.front())) calls.pop_front();
  calls.push_back({self->clock().now() + limits::ask_timeout, run});
  start_ticking(self);
}

// How long the caller has to wait; 0 when it may go on.
std::int64_t admit(command_actor* self, const command_call& call) {
  const auto& node = *self->state.node;
  if (!node.limiter) return 0;
  const bool is_handoff = call.row && call.row->opens_session;
  if (call.is_paid && !is_handoff) return 0;
  // Known users are limited by user: many may share one address.
  const bool is_known = call.who.user_id != local_user().user_id;
  const auto wait_ms =
      node.limiter->admit(is_handoff, call.who.user_id, is_known ? "" : call.who.address,
                          node_time_ms(*self, node), call.is_paid);
  if (wait_ms > 0) add(node.counters.rate_limited);
  return wait_ms;
}

// A command that runs others runs no such commands, but afd-call may run a batch or a pipe: so the
// work of one call stays bounded.
bool is_nested_too_deep(const command_call& call) {
  if (!call.within || call.row->runs == parts::none) return false;
  return call.within->runs != parts::one || call.row->runs != parts::many;
}

failure nested_too_deep(const command_call& call) {
  return make_failure(errc::nesting_refused, std::string(call.row->name) + " cannot be run by " +
                                                 std::string(call.within->name));
}

// Why a call is not run, or nothing.
std::optional<failure> why_not(command_actor* self, const command_call& call) {
  if (const auto wait_ms = admit(self, call))
    return make_rate_limited("You call faster than this node allows", wait_ms);
  if (!call.row) return command_not_found(call.command);
  if (call.who.may < call.row->needs) return not_allowed(*call.row, call.who);
  if (!call.input) return call.input.error();
  if (is_nested_too_deep(call)) return nested_too_deep(call);
  return call.row->mutation ? misplaced(call) : std::nullopt;
}

void run(command_actor* self, call_ptr call) {
  const auto refused = why_not(self, *call);
  const auto* row = call->row;
  const auto run = std::make_shared<command_run>(self, std::move(call));
  if (refused) {
    const bool is_malformed = row && row->refused && !run->call().input;
    if (is_malformed && refused->code == errc::validation_error)
      return run->finish(row->refused(*refused));
    return run->fail(*refused);
  }
  if (row->runs != parts::none && !run->take_place())
    return run->fail(errc::overloaded, "Too many batches, pipes and calls of yours are under way",
                     "Wait for some of them to be answered, then call again");
  if (row->mutation && row->runs == parts::none && run->in().has(idempotency_key.name))
    run_once(run);
  else
    row->run(run);
  if (!run->is_answered() && !run->is_patient()) await_answer(self, run);
}

// Goes in steps: a message under way keeps its actor, and a node that stops waits for that.
void on_alarm(command_actor* self, alarm a) {
  const auto hold = a.whose.lock();
  if (!hold) return;
  const auto left = a.when - self->clock().now();
  if (left.count() <= 0) return a.ring();
  self->delayed_send(self, std::min<std::chrono::nanoseconds>(left, deadline_interval),
                     std::move(a));
}

}  // namespace

std::vector<warning> unknown_field_warnings(const command_call& call) {
  std::vector<warning> warnings;
  if (!call.row || !call.input) return warnings;
  const std::string command(call.row->name);
  for (const auto& name : call.input->unknown) {
    // What a call is refused for, as misplaced has it, needs no warning beside it.
    if (call.row->mutation && !meant_of_writes(last_name(name)).empty()) continue;
    warnings.push_back(
        {"UNKNOWN_FIELD",
         meant_of_writes(name) == name
             ? command + " writes nothing: '" + name + "' is without effect"
             : "Field '" + name + "' is not known to " + command + " and was ignored"});
  }
  return warnings;
}

command_run::command_run(command_actor* self, call_ptr call)
    : self_(self), call_(std::move(call)), began_(std::chrono::steady_clock::now()) {}

void command_run::allow(std::chrono::milliseconds more) {
  patient_ = self_->state.patient_calls.emplace(self_->clock().now() + limits::ask_timeout + more,
                                                shared_from_this());
  start_ticking(self_);
}

std::int64_t command_run::page_chars() const {
  const auto& name = inputs::page_chars.name;
  return in().has(name) ? in().integer(name) : call_->page_chars;
}

// The handle is a weak one: the caller's side may outlive the actors.
void command_run::stop_waiting_when_lost(const caf::actor& room) {
  if (!call_->still_wanted) return;
  call_->still_wanted->when_lost([room = caf::actor_cast<caf::actor_addr>(room),
                                  who = std::weak_ptr<interest>(call_->still_wanted)] {
    const auto to = caf::actor_cast<caf::actor>(room);
    if (const auto reader = who.lock(); to && reader) caf::anon_send(to, stop_waiting{reader});
  });
}

void command_run::be_late() {
  if (answered_) return;
  if (finished_)  // done, and only its answer is not kept yet
    return give_answer({answer_not_kept(being_kept_, "the store did not answer in time"), true, 0});
  auto why = make_failure(errc::timeout, "The node did not answer in time");
  if (keeps_answer_)
    why.suggestion =
        "It is still under way. Call again in a second with the same idempotencyKey: it is not "
        "done twice, and its answer comes when it is done";
  else if (call_->row && call_->row->mutation)
    why.suggestion =
        "It may still be done: look before you call again. With an idempotencyKey it could be "
        "sent again as it is";
  if (!keeps_answer_) return fail(std::move(why));
  give_answer(encoded(command_result::failed(std::move(why))));
}

void command_run::after(std::chrono::milliseconds time, std::weak_ptr<void> whose,
                        std::function<void()> ring) {
  on_alarm(self_, {self_->clock().now() + time, std::move(whose), std::move(ring)});
}

bool command_run::take_place() {
  auto& st = self_->state;
  if (st.composite_count >= limits::composites_max) return false;
  auto& mine = st.composites[who().user_id];
  if (mine >= limits::composites_per_user_max) return false;
  ++mine;
  ++st.composite_count;
  holds_place_ = true;
  return true;
}

void command_run::give_answer(command_answer answer) {
  if (std::exchange(answered_, true)) return;
  auto& st = self_->state;
  being_kept_ = {};
  const auto hold = shared_from_this();  // the map may be the last to know of it
  if (patient_) st.patient_calls.erase(*patient_);
  if (holds_place_) {
    --st.composite_count;
    const auto mine = st.composites.find(who().user_id);
    if (--mine->second == 0) st.composites.erase(mine);
  }
  add(st.node->counters.commands);
  if (!answer.success) add(st.node->counters.commands_failed);
  call_->answer(std::move(answer));
}

void command_run::pass_on(command_answer answer) {
  if (std::exchange(finished_, true)) return;
  give_answer(std::move(answer));
}

void command_run::finish(command_result result) {
  if (std::exchange(finished_, true)) return;
  std::ranges::copy(call_->warnings, std::back_inserter(result.warnings));
  std::ranges::move(unknown_field_warnings(*call_), std::back_inserter(result.warnings));
  if (!result.success) audit_refused(*self_->state.node, *call_, result.error);
  auto answer = encoded(result);
  if (!keeps_answer_) return give_answer(std::move(answer));
  if (answer.success) being_kept_ = answer.json;
  answer_once(shared_from_this(), std::move(answer));
}

command_answer command_run::encoded(const command_result& result) const {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began_;
  const auto trace_id = new_trace_id();
  result_metadata meta{took.count(), call_->row ? call_->row->version : "1.0.0", trace_id,
                       wall_clock_ms()};
  if (!result.success && result.error.code == errc::internal_error)
    spdlog::error("command {}: {} (trace {})", call_->command, result.error.message, trace_id);
  return {encode(result, meta), result.success, result.error.retry_after_ms};
}

void command_run::would(std::string_view what) {
  command_result r;
  r.data.clear();
  json_writer(r.data).begin_object().field("dryRun", true).field("would", what).end_object();
  r.reasoning = "Nothing was done: dryRun. It would " + std::string(what);
  r.hints = R"({"nextAction":"To do it, call again without dryRun"})";
  finish(std::move(r));
}

caf::behavior make_command(command_actor* self, caf::actor hub, caf::actor memory,
                           const node_context* node) {
  self->state.hub = std::move(hub);
  self->state.memory = std::move(memory);
  self->state.node = node;
  self->set_exit_handler([self](const caf::exit_msg& m) {
    answer_all_calls(self);
    self->quit(m.reason);
  });
  return {[self](call_ptr& call) { run(self, std::move(call)); },
          [self](tick) { answer_late_calls(self); },
          [self](alarm& a) { on_alarm(self, std::move(a)); }};
}

}  // namespace chat
