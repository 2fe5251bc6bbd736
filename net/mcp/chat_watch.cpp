#include "net/mcp/chat_watch.hpp"

#include "actors/context.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/steady_clock.hpp"
#include "net/mcp/at_end.hpp"
#include "net/mcp/chat_rooms.hpp"

namespace chat::mcp {

namespace {

// What one client watches. The subscription holds a `handle`; the look under way, or the pause
// before the next, holds the watch itself, and with it the place.
class resource_watch : public std::enable_shared_from_this<resource_watch> {
 public:
  resource_watch(const exchange& x, std::function<void()> changed, std::shared_ptr<void> place)
      : door_(x.door()),
        who_now_(x.facts().who_now),
        in_session_(x.facts().session != nullptr),
        changed_(std::move(changed)),
        place_(std::move(place)) {}
  virtual ~resource_watch() = default;

  void look_after(std::chrono::milliseconds pause) {
    after(door_.home, pause, [self = shared_from_this()] {
      if (!self->over_) self->look_now();
    });
  }
  void end() {
    over_ = true;
    still_wanted_->lose();
  }

 protected:
  virtual void look(caller who) = 0;
  const door_context& door() const { return door_; }
  const interest_ptr& still_wanted() const { return still_wanted_; }
  void tell() {
    if (!over_) changed_();
  }
  // The client may come back to it later, or never: it is not told why, but that it should look.
  void give_up() {
    tell();
    end();
  }
  void on_failure(const command_failure& why) {
    if (why.code == "ROOM_NOT_FOUND" || why.code == "FORBIDDEN") return give_up();
    look_after(std::max<std::chrono::milliseconds>(limits::mcp_retry_interval,
                                                   std::chrono::milliseconds(why.retry_after_ms)));
  }

 private:
  // Keys are revoked and tokens run out while a client waits. In a session a newer one may come
  // with any request; without, the stream that this is for ends.
  void look_now() {
    auto who = who_now_();
    if (who) return look(std::move(*who));
    if (!in_session_) return end();
    look_after(limits::mcp_retry_interval);
  }

  const door_context& door_;
  const std::function<result<caller>()> who_now_;
  const bool in_session_;
  const std::function<void()> changed_;
  const std::shared_ptr<void> place_;
  const interest_ptr still_wanted_ = std::make_shared<interest>();
  std::atomic<bool> over_{false};
};

class room_watch final : public resource_watch {
 public:
  room_watch(const exchange& x, std::function<void()> changed, std::shared_ptr<void> place,
             std::string room_id, std::string last_id)
      : resource_watch(x, std::move(changed), std::move(place)),
        room_id_(std::move(room_id)),
        last_id_(std::move(last_id)) {}

 private:
  void look(caller who) override {
    std::string input;
    json_writer json(input);
    json.begin_object().field("roomId", room_id_).field("limit", limits::poll_messages_max);
    json.field("waitMs", std::chrono::milliseconds(limits::mcp_park_time).count());
    if (!last_id_.empty()) json.field("since", last_id_);
    json.end_object();
    call_command(door(), std::move(who), "chat-poll", input,
                 [self = std::static_pointer_cast<room_watch>(shared_from_this())](auto data) {
                   if (!data) return self->on_refusal(data.error());
                   const auto last = text_member(*data, "lastMessageId").value_or("");
                   const bool is_new = last != self->last_id_;
                   if (is_new) self->last_id_ = last;
                   if (is_new) self->tell();
                   self->look_after(limits::mcp_update_interval);
                 },
                 {.is_paid = true, .still_wanted = still_wanted()});
  }

  // The position may have aged out with the messages before it: begin at the room's oldest.
  void on_refusal(const command_failure& why) {
    if (why.code == "VALIDATION_ERROR") last_id_.clear();
    on_failure(why);
  }

  const std::string room_id_;
  std::string last_id_;  // of what the client was told
};

// Nothing is asked: the hub and the rooms tell.
class rooms_watch final : public resource_watch {
 public:
  using resource_watch::resource_watch;

  void start(const caller& who) {
    const auto* node = door().config.node;
    if (!node) return;
    const auto weak = std::weak_ptr(std::static_pointer_cast<rooms_watch>(shared_from_this()));
    listener_ = node->news->listen(who, [bell = bell_, weak, &home = door().home] {
      if (bell->is_rung.exchange(true)) return;
      const auto pause = std::chrono::milliseconds(bell->not_before_ms - steady_clock_ms());
      after(home, std::max(pause, std::chrono::milliseconds{}), [weak] {
        if (const auto self = weak.lock()) self->look_after({});
      });
    });
  }

 private:
  // One notification for all that changes in an interval.
  struct bell {
    std::atomic<bool> is_rung{false};
    std::atomic<std::int64_t> not_before_ms{0};
  };

  void look(caller) override {
    bell_->not_before_ms =
        steady_clock_ms() + std::chrono::milliseconds(limits::mcp_rooms_interval).count();
    bell_->is_rung = false;
    tell();
  }

  const std::shared_ptr<bell> bell_ = std::make_shared<bell>();
  std::shared_ptr<void> listener_;
};

// Ends the watch when the subscription lets go of it.
std::shared_ptr<void> handle_of(const std::shared_ptr<resource_watch>& watch) {
  return at_end([watch] { watch->end(); });
}

}  // namespace

std::shared_ptr<void> watch_places::take() {
  if (taken_.fetch_add(1) < limits::mcp_watches_max)
    return at_end([all = shared_from_this()] { --all->taken_; });
  --taken_;
  return nullptr;
}

void watch_rooms_resource(const std::shared_ptr<watch_places>& places, const exchange_ptr& x,
                          const std::string& uri, std::function<void()> changed,
                          service::watch_reply then) {
  const auto room_id = room_of(uri);
  if (!room_id && uri != rooms_uri) return then(tl::unexpected(no_resource(*x, uri)));
  auto place = places->take();
  if (!place)
    return then(tl::unexpected(rpc_error{rpc_code::internal_error,
                                         "The node watches as many resources as it can",
                                         "Read the room with chat-poll instead"}));
  if (!room_id) {
    const auto watch = std::make_shared<rooms_watch>(*x, std::move(changed), std::move(place));
    watch->start(x->facts().who);
    return then(handle_of(watch));
  }
  read_latest(x->door(), x->facts().who, *room_id,
              [=, room_id = *room_id, changed = std::move(changed)](auto latest) {
                if (!latest) return then(tl::unexpected(room_error(*x, uri, latest.error())));
                const auto watch =
                    std::make_shared<room_watch>(*x, changed, place, room_id, latest->last_id);
                watch->look_after({});
                then(handle_of(watch));
              });
}

}  // namespace chat::mcp
