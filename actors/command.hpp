#pragma once
// The command actor: takes calls from the doors and runs the rows of the command table. One lives
// on every loop; they share nothing but the actors they ask.

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/command_call.hpp"
#include "actors/command_table.hpp"
#include "actors/context.hpp"
#include "model/command_result.hpp"

namespace chat {

class command_run;

/// Something to do later, on the actor that sent it to itself, if there is still somebody it is
/// for.
struct alarm {
  std::chrono::steady_clock::time_point when;  ///< by the actors' clock
  std::weak_ptr<void> whose;
  std::function<void()> ring;
};

struct command_state {
  static inline const char* name = "command";

  /// A call that waits for an answer.
  struct waiting {
    std::chrono::steady_clock::time_point until;  ///< by the actors' clock
    std::weak_ptr<command_run> run;
  };
  caf::actor hub;
  caf::actor memory;  ///< of calls with an idempotencyKey
  const node_context* node = nullptr;
  std::deque<waiting> calls;  ///< the oldest first; some are answered already
  /// Those that asked to wait, by deadline, until they are answered.
  using patient_map =
      std::multimap<std::chrono::steady_clock::time_point, std::shared_ptr<command_run>>;
  patient_map patient_calls;
  bool ticking = false;
  bool stopping = false;  ///< the actor is about to end: nothing new is begun
  /// Commands under way that run others, by user.
  std::unordered_map<std::string, std::size_t> composites;
  std::size_t composite_count = 0;
};

using command_actor = caf::stateful_actor<command_state>;

/// UNKNOWN_FIELD for each field of the input that its command does not know.
std::vector<warning> unknown_field_warnings(const command_call& call);

/// Takes `call_ptr`; every call is answered exactly once, those under way at its end as OVERLOADED.
caf::behavior make_command(command_actor* self, caf::actor hub, caf::actor memory,
                           const node_context* node);

/// One call being run: its input, and the way to its answer. Lives in the handlers of the asks the
/// command made. Its destructor does nothing: it may run when the actor's state is gone already.
class command_run : public std::enable_shared_from_this<command_run> {
 public:
  command_run(command_actor* self, call_ptr call);
  command_run(const command_run&) = delete;
  command_run& operator=(const command_run&) = delete;

  const command_row& row() const { return *call_->row; }
  const command_call& call() const { return *call_; }
  const command_input& in() const { return call_->input->input; }
  const caller& who() const { return call_->who; }
  participant_kind speaks_as() const { return call_->speaks_as; }
  const std::string& websocket_base() const { return call_->websocket_base; }
  const caf::actor& hub() const { return self_->state.hub; }
  const node_context& node() const { return *self_->state.node; }
  command_actor* self() const { return self_; }
  /// The command has ended. Until then it runs, also after its caller got TIMEOUT.
  bool is_finished() const { return finished_; }
  bool is_answered() const { return answered_; }
  /// Whether the caller only wants to know what would be done: commands that write check all they
  /// can, and end with `would`.
  bool is_dry() const { return in().boolean("dryRun"); }

  /// What a page is cut to, in characters; 0: it is not cut. The input's maxChars, or else what the
  /// door has for such callers.
  std::int64_t page_chars() const;
  /// Has a room let go of this call's reader when its caller lets go of the call.
  void stop_waiting_when_lost(const caf::actor& room);

  /// The call may take so much longer than ask_timeout, once.
  void allow(std::chrono::milliseconds more);
  bool is_patient() const { return patient_.has_value(); }
  /// Its time is up: the caller is told. A call whose answer is kept for retries goes on to its
  /// end.
  void be_late();

  /// Does something later, to the millisecond, as long as `whose` lives.
  void after(std::chrono::milliseconds time, std::weak_ptr<void> whose, std::function<void()> ring);
  /// Counts it among the calls that run others; false when there are too many already.
  bool take_place();

  /// The answer of a success is kept for retries before the caller gets it (command_once.hpp).
  void keep_answer() { keeps_answer_ = true; }
  /// The last step of such a call: what came of keeping it. Only the first answer counts.
  void give_answer(command_answer answer);

  /// Answers with the answer of another call. As the next ones: only the first outcome counts.
  void pass_on(command_answer answer);
  void finish(command_result result);
  /// What a dry run found: it `would` do that, a sentence that goes on from there.
  void would(std::string_view what);
  void fail(failure why) { finish(command_result::failed(std::move(why))); }
  void fail(errc code, std::string message, std::string suggestion = {}) {
    fail(make_failure(code, std::move(message), std::move(suggestion)));
  }

 private:
  command_answer encoded(const command_result& result) const;

  command_actor* self_;
  call_ptr call_;
  std::chrono::steady_clock::time_point began_;
  std::optional<command_state::patient_map::iterator> patient_;
  bool holds_place_ = false;  // among the composites
  bool keeps_answer_ = false;
  std::string being_kept_;  // the answer of a success, until it is kept
  bool finished_ = false;
  bool answered_ = false;
};

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::alarm)
