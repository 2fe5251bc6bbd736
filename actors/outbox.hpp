#pragma once
// The fastlane: how a room reaches the sockets of its members without going through their sessions.
//
// A room hands each I/O loop one `delivery` at a time; the loop applies its steps in order to the
// outboxes it owns. That is the whole path, so joins, leaves and messages have one order and
// everybody sees it (design, invariant 1).

#include <caf/actor.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/gauges.hpp"
#include "model/close_reason.hpp"
#include "model/frame.hpp"
#include "model/message.hpp"

namespace chat {

class lane;
struct append;
struct save_session;

/// One connection's way out, as actors know it. Actors hold it as a name and give it back inside
/// deliveries; only the loop it lives on calls the functions below.
class outbox : public caf::ref_counted {
 public:
  explicit outbox(lane& home) : home_(home) {}

  /// The loop this outbox lives on. Thread: any.
  lane& home() const { return home_; }

  /// The newest message given to it. Thread: the loop's.
  sequence given() const { return given_; }

  /// Queues bytes of whole frames. Over the limit the connection closes itself as a slow consumer;
  /// after a close it ignores everything.
  virtual void send(const frame& bytes) = 0;
  /// Posts of this connection that were committed or refused: so much credit comes back.
  virtual void receipt(std::uint32_t posts) = 0;
  /// The token was redeemed: from now on events go to `session`, which is this user's.
  virtual void attached(const caf::actor& session, std::string_view user_id) = 0;
  /// Queues the closing handshake behind what is queued.
  virtual void close(const close_reason& why) = 0;

 private:
  friend void apply(struct delivery& work);
  lane& home_;
  sequence given_ = 0;              // the newest message queued here
  std::uint32_t roster_index_ = 0;  // place in the roster it is a member of
  bool skipped_ = false;            // scratch of one publish step
};

using outbox_ptr = caf::intrusive_ptr<outbox>;

/// The members of one room on one loop. The room owns it; only that loop reads and changes it.
struct roster {
  std::vector<outbox_ptr> members;
};

/// A member that gets other bytes, or none, for one part of a published block: the sender of a
/// message with a clientMessageId, or who came in the middle of it.
struct personal_part {
  outbox_ptr to;
  std::uint32_t begin;  ///< the part of the block it replaces …
  std::uint32_t end;    ///< … up to here
  frame bytes;
};

/// One thing a loop does for a room.
struct step {
  enum class kind { add, remove, publish, send, receipt, attach, close };
  kind what;
  outbox_ptr to;                         ///< whom; for publish: the one left out, or nobody
  frame bytes = {};                      ///< publish, send
  std::vector<personal_part> own = {};   ///< publish: ascending for each member
  std::uint32_t posts = 0;               ///< receipt
  sequence newest = 0;                   ///< publish, send: the last message in it, if any
  caf::actor session = {};               ///< attach
  std::string user_id = {};              ///< attach
  std::optional<close_reason> why = {};  ///< close
};

/// Some steps for one loop, in order. `members` may be null when no step needs it.
struct delivery {
  std::shared_ptr<roster> members;
  std::vector<step> steps;
};

/// One I/O loop, as actors know it. Thread: any.
class lane {
 public:
  virtual ~lane() = default;
  /// How the loop is doing. Only the loop writes it.
  const loop_gauge& gauge() const { return gauge_; }
  /// Takes the work and returns. Deliveries of one actor are applied in the order it made them.
  virtual void deliver(delivery work) = 0;
  /// Runs `work` on the loop, soon: actors it sends to run there too.
  virtual void post(std::function<void()> work) = 0;

  /// Sends `turn_over` to a room that has gathered posts: at the end of a turn of the loop, when
  /// whoever has answered the last broadcast is heard, and under load not sooner than
  /// commit_interval after the last time. All rooms of a loop are told together, so that one commit
  /// takes what all of them have, and one write of a socket carries many messages.
  virtual void pace(const caf::actor& room) = 0;
  /// Hands a room's batch to the storage actor, together with whatever else the loop's actors store
  /// in this turn.
  virtual void store(append batch) = 0;
  /// The same for a session.
  virtual void store(save_session session) = 0;

 protected:
  loop_gauge gauge_;
};

/// Hands one step, which needs no roster, to the loop of its `to`. Thread: any.
void deliver(step s);
/// Carries out a delivery. Thread: the loop's.
void apply(delivery& work);

}  // namespace chat
