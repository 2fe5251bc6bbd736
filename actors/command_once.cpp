#include "actors/command_once.hpp"

#include <caf/all.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "actors/call_memory.hpp"
#include "actors/protocol.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using answer_object = nlohmann::ordered_json;

std::string key_of(const command_call& call) {
  return std::string(call.input->input.text("idempotencyKey"));
}

// As it is kept. Answers are ours: they can be read.
std::string kept_form(const std::string& first, const command_row& row) {
  if (!row.undo_has_text) return first;
  auto answer = answer_object::parse(first);
  answer.erase("undoCommand");
  answer.erase("undoArgs");
  return answer.dump();
}

std::string replayed(const std::string& first, const command_row& row) {
  auto answer = answer_object::parse(kept_form(first, row));
  answer["metadata"]["replayed"] = true;
  if (row.undo_has_text)
    answer["warnings"].push_back(
        {{"code", "UNDO_NOT_KEPT"},
         {"message",
          "Text that was replaced is not kept: only the first answer had it in undoArgs"},
         {"severity", "info"}});
  if (!row.handoff_protocol.empty())
    answer["reasoning"] = answer.value("reasoning", "") +
                          " This is the first answer: if its token was used up, or is too old, "
                          "call chat-reconnect with the sessionId";
  return answer.dump();
}

// A dry run does not hold its key, nor use it up.
void try_it(const command_run_ptr& run, bool is_known) {
  if (is_known)
    return run->would("answer what the first call with this idempotencyKey did, and do nothing");
  if (!run->is_finished()) run->row().run(run);
}

void forget(command_actor* self, const command_call& call) {
  self->send(self->state.memory, forget_call{call.who.user_id, key_of(call)});
}

}  // namespace

void run_once(const command_run_ptr& run) {
  const auto& call = run->call();
  // Not by `ask`, which lets go of late answers: one that lets the call run must have an end.
  run->self()
      ->request(run->self()->state.memory, caf::infinite,
                recall{call.who.user_id, key_of(call), call.fingerprint, run->is_dry()})
      .then(
          [run](recall_reply& known) {
            if (!known) return run->fail(std::move(known.error()));
            if (run->is_dry()) return try_it(run, known->json.has_value());
            if (known->json) return run->pass_on({replayed(*known->json, run->row()), true, 0});
            if (run->is_finished()) return forget(run->self(), run->call());
            run->keep_answer();
            run->row().run(run);
          },
          [run](const caf::error&) {
            run->fail(errc::internal_error, "A part of the node is not available");
          });
}

std::string answer_not_kept(const std::string& first, const std::string& why) {
  return with_warning(first,
                      {"ANSWER_NOT_KEPT",
                       "It was done, but a retry with this idempotencyKey may do it again: " + why},
                      "warning");
}

void answer_once(const command_run_ptr& run, command_answer answer) {
  auto* self = run->self();
  const auto& call = run->call();
  if (!answer.success) {
    forget(self, call);
    return run->give_answer(std::move(answer));
  }
  const auto give_up = [run, answer](const std::string& why) {
    run->give_answer({answer_not_kept(answer.json, why), true, 0});
  };
  if (answer.json.size() > limits::kept_answer_bytes_max) {
    forget(self, call);
    return give_up("the answer is too long");
  }
  kept_answer kept{call.who.user_id, key_of(call), wall_clock_ms(), call.fingerprint,
                   kept_form(answer.json, run->row())};
  self->request(self->state.memory, caf::infinite, remember{std::move(kept)})
      .then(
          [run, answer, give_up](const stored_reply& stored) {
            if (!stored) return give_up(stored.error().message);
            run->give_answer(answer);
          },
          [give_up](const caf::error&) { give_up("the node is stopping"); });
}

}  // namespace chat
