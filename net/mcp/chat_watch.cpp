#include "net/mcp/chat_watch.hpp"

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/mcp/at_end.hpp"
#include "net/mcp/chat_rooms.hpp"

namespace chat::mcp {

namespace {

// What one client watches. The subscription holds a `handle`; the look under way, or the pause
// before the next, holds the watch itself, and with it the place: that way polls which are parked
// for nobody any more are counted too.
class resource_watch : public std::enable_shared_from_this<resource_watch> {
 public:
  resource_watch(const exchange& x, std::function<void()> changed, std::shared_ptr<void> place)
      : door_(x.door()),
        who_now_(x.facts().who_now),
        changed_(std::move(changed)),
        place_(std::move(place)) {}
  virtual ~resource_watch() = default;

  void look_after(std::chrono::milliseconds pause) {
    after(door_.home, pause, [self = shared_from_this()] {
      if (!self->over_) self->look_now();
    });
  }
  void end() { over_ = true; }

 protected:
  virtual void look(caller who) = 0;
  const door_context& door() const { return door_; }
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
  // Keys are revoked and tokens run out while a client waits.
  void look_now() {
    auto who = who_now_();
    if (!who) return give_up();
    look(std::move(*who));
  }

  const door_context& door_;
  const std::function<result<caller>()> who_now_;
  const std::function<void()> changed_;
  const std::shared_ptr<void> place_;
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
                 });
  }

  // The position may have aged out with the messages before it: begin at the room's oldest.
  void on_refusal(const command_failure& why) {
    if (why.code == "VALIDATION_ERROR") last_id_.clear();
    on_failure(why);
  }

  const std::string room_id_;
  std::string last_id_;  // of what the client was told
};

class rooms_watch final : public resource_watch {
 public:
  using resource_watch::resource_watch;

 private:
  void look(caller who) override {
    call_command(door(), std::move(who), "chat-rooms",
                 R"({"limit":)" + std::to_string(limits::rooms_page_max) + '}',
                 [self = std::static_pointer_cast<rooms_watch>(shared_from_this())](auto data) {
                   if (!data) return self->on_failure(data.error());
                   const auto now = std::hash<std::string>()(simdjson::minify(*data));
                   if (self->seen_ && *self->seen_ != now) self->tell();
                   self->seen_ = now;
                   self->look_after(limits::mcp_rooms_interval);
                 });
  }

  std::optional<std::size_t> seen_;
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
    watch->look_after({});
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
