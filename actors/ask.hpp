#pragma once
// How a command asks another actor. For the .cpp files of commands only.

#include <caf/duration.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_handle.hpp>
#include <utility>

#include "actors/command.hpp"
#include "actors/protocol.hpp"

namespace chat {

/// Asks; `then` gets the answer. The deadline is the call's: the command actor fails one that has
/// waited for ask_timeout as TIMEOUT. A timeout of CAF's would cost more than the ask itself.
template <class Answer, class Question, class Then>
void ask(const command_run_ptr& run, const caf::actor& whom, Question question, Then then) {
  run->self()
      ->request(whom, caf::infinite, std::move(question))
      .then(
          [run, then = std::move(then)](Answer& answer) mutable {
            // Too late: the caller was told that it failed, and must be able to rely on it.
            if (!run->is_finished()) then(answer);
          },
          [run](const caf::error&) {
            run->fail(errc::internal_error, "A part of the node is not available");
          });
}

/// Asks for a `result`: `then` gets the value, a failure ends the call.
template <class Value, class Question, class Then>
void ask_for(const command_run_ptr& run, const caf::actor& whom, Question question, Then then) {
  ask<result<Value>>(run, whom, std::move(question),
                     [run, then = std::move(then)](result<Value>& answer) mutable {
                       if (answer)
                         then(*answer);
                       else
                         run->fail(std::move(answer.error()));
                     });
}

}  // namespace chat
