#pragma once
// The command actor: takes calls from the doors and runs the rows of the command table. One lives
// on every loop; they share nothing but the actors they ask.

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/command_call.hpp"
#include "actors/command_table.hpp"
#include "actors/context.hpp"
#include "model/command_result.hpp"

namespace chat {

class command_run;

struct command_state {
  static inline const char* name = "command";

  /// A call that waits for an answer.
  struct waiting {
    std::chrono::steady_clock::time_point until;  ///< by the actors' clock
    std::weak_ptr<command_run> run;
  };
  caf::actor hub;
  const node_context* node = nullptr;
  std::deque<waiting> calls;  ///< the oldest first; some are answered already
  /// Those that asked to wait, by deadline, until they are answered.
  using patient_map = std::multimap<std::chrono::steady_clock::time_point, command_run*>;
  patient_map patient_calls;
  bool ticking = false;
};

using command_actor = caf::stateful_actor<command_state>;

/// Takes `call_ptr`; every call is answered exactly once.
caf::behavior make_command(command_actor* self, caf::actor hub, const node_context* node);

/// One call being run: its input, and the way to its answer. Lives in the handlers of the asks the
/// command made; if they all go away without an answer, the caller is told so.
class command_run {
 public:
  command_run(command_actor* self, call_ptr call);
  ~command_run();
  command_run(const command_run&) = delete;
  command_run& operator=(const command_run&) = delete;

  const command_input& in() const { return call_->input->input; }
  const caller& who() const { return call_->who; }
  const std::string& websocket_base() const { return call_->websocket_base; }
  const caf::actor& hub() const { return self_->state.hub; }
  const node_context& node() const { return *self_->state.node; }
  command_actor* self() const { return self_; }
  bool is_finished() const { return finished_; }

  /// The call may take so much longer than ask_timeout, once.
  void allow(std::chrono::milliseconds more);
  bool is_patient() const { return patient_.has_value(); }

  /// Answers. Only the first answer counts.
  void finish(command_result result);
  void fail(failure why) { finish(command_result::failed(std::move(why))); }
  void fail(errc code, std::string message, std::string suggestion = {}) {
    fail(make_failure(code, std::move(message), std::move(suggestion)));
  }

 private:
  command_actor* self_;
  call_ptr call_;
  std::chrono::steady_clock::time_point began_;
  std::optional<command_state::patient_map::iterator> patient_;
  bool finished_ = false;
};

}  // namespace chat
