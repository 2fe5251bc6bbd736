#include "actors/command_once.hpp"

#include <caf/all.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "actors/ask.hpp"
#include "actors/call_memory.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using answer_object = nlohmann::ordered_json;

std::string key_of(const command_call& call) {
  return std::string(call.input->input.text("idempotencyKey"));
}

// Answers are ours: they can be read.
std::string replayed(const std::string& first) {
  auto answer = answer_object::parse(first);
  answer["metadata"]["replayed"] = true;
  return answer.dump();
}

std::string not_kept(const std::string& first, const std::string& why) {
  auto answer = answer_object::parse(first);
  answer["warnings"].push_back({{"code", "ANSWER_NOT_KEPT"},
                                {"message",
                                 "It was done, but a retry with this idempotencyKey would "
                                 "do it again: " +
                                     why},
                                {"severity", "warning"}});
  return answer.dump();
}

}  // namespace

void run_once(const command_run_ptr& run) {
  const auto& call = run->call();
  ask_for<recalled>(run, run->self()->state.memory,
                    recall{call.who.user_id, key_of(call), call.fingerprint},
                    [run](const recalled& known) {
                      if (known.json) return run->pass_on({replayed(*known.json), true, 0});
                      run->keep_answer();
                      run->row().run(run);
                    });
}

void answer_once(command_actor* self, const call_ptr& call, command_answer answer) {
  const auto forget = [self, call] {
    self->send(self->state.memory, forget_call{call->who.user_id, key_of(*call)});
  };
  if (!answer.success) {
    forget();
    return call->answer(std::move(answer));
  }
  const auto give_up = [call, answer, forget](const std::string& why) {
    forget();
    call->answer({not_kept(answer.json, why), true, 0});
  };
  if (answer.json.size() > limits::kept_answer_bytes_max) return give_up("the answer is too long");
  kept_answer kept{call->who.user_id, key_of(*call), wall_clock_ms(), call->fingerprint,
                   answer.json};
  self->request(self->state.memory, caf::infinite, remember{std::move(kept)})
      .then(
          [call, answer = std::move(answer), give_up](const stored_reply& stored) {
            if (!stored) return give_up(stored.error().message);
            call->answer(answer);
          },
          [give_up](const caf::error&) { give_up("the node is stopping"); });
}

}  // namespace chat
