#include "net/mcp/chat_service.hpp"

#include "model/command_result.hpp"
#include "model/ids.hpp"
#include "net/mcp/chat_prompts.hpp"
#include "net/mcp/chat_rooms.hpp"
#include "net/mcp/chat_watch.hpp"
#include "net/mcp/command_tools.hpp"

namespace chat::mcp {

namespace {

constexpr const char* instructions =
    R"(This node is a chat: people and agents talk in rooms, every message is kept.
1. chat-rooms lists the rooms, chat-participants {roomId} who is in one; a new node has "general".
2. chat-history {roomId} reads its newest messages; chat-search {query} finds any by their words.
3. chat-poll {roomId,since} has what came after: begin with newestMessageId of chat-history.
4. Then since is its lastMessageId: at once while hasMore is true, else with waitMs:25000 to wait.
5. chat-send {roomId,text} says something: plain text of 1 to 2000 UTF-16 units (an emoji has two).
6. Give each write its own idempotencyKey: a repeat within a day only answers (metadata.replayed).
7. Resource chat://rooms/{roomId} has a room's latest messages; subscribe to hear of new ones.
8. You speak as your key's user, else as Agent. For another name: chat-connect {roomId,nickname}, )"
    R"(open its endpoint within 5 minutes or the session ends, and give chat-send its sessionId.
9. A failed call has error.code and error.suggestion: do what the suggestion says.
10. afd-help lists all commands, afd-schema their inputs, afd-detail which ones you may call.)";

// Where tools have other names than the commands that the instructions speak of.
constexpr std::string_view how_to_call(tool_strategy how) {
  if (how == tool_strategy::grouped)
    return "\nHere chat-poll is the tool chat with action poll and its input as params; likewise "
           "the others.";
  if (how == tool_strategy::lazy)
    return "\nHere you call what is no tool with afd-call {command,input}; afd-detail tells its "
           "input.";
  return {};
}

command_answer refused_answer(failure why) {
  const auto trace_id = new_trace_id();
  const result_metadata meta{
      .command_version = "1.0.0", .trace_id = trace_id, .timestamp_ms = wall_clock_ms()};
  return {encode(command_result::failed(std::move(why)), meta), false};
}

// A client that wants to hear of progress hears that the call still waits: some give up on a call
// that says nothing.
void keep_informed(const exchange_ptr& x, std::chrono::steady_clock::time_point began) {
  if (x->facts().progress_token.empty() || !x->can_stream()) return;
  after(x->door().home, x->door().config.progress_interval, [weak = std::weak_ptr(x), began] {
    const auto x = weak.lock();
    if (!x || x->is_answered()) return;
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - began;
    x->progress(waited.count(), std::nullopt);
    keep_informed(x, began);
  });
}

class chat_service final : public service {
 public:
  explicit chat_service(tool_strategy how)
      : who_{"chatd", CHATD_VERSION, instructions + std::string(how_to_call(how))},
        how_(how),
        tools_(command_tools(how)) {}

  const identity& who() const override { return who_; }
  std::span<const item> tools() const override { return tools_; }
  std::span<const item> prompts() const override { return prompts_; }
  std::span<const item> templates() const override { return templates_; }

  void call_tool(exchange_ptr x, std::string_view name, std::optional<element> arguments,
                 element) const override {
    auto call = command_of(how_, name, arguments);
    if (!call) return x->result(tool_result(refused_answer(std::move(call.error()))));
    (*call)->websocket_base = x->facts().websocket_base;
    (*call)->who = x->facts().who;
    (*call)->speaks_as = participant_kind::agent;
    (*call)->page_chars = limits::mcp_page_chars;
    (*call)->still_wanted = x->facts().still_wanted;
    (*call)->answer = [x](command_answer answer) { x->result(tool_result(answer)); };
    keep_informed(x, std::chrono::steady_clock::now());
    x->door().send(std::move(*call));
  }
  void list_resources(exchange_ptr x, std::string_view cursor) const override {
    list_rooms_as_resources(x, cursor);
  }
  void read_resource(exchange_ptr x, std::string_view uri, element) const override {
    read_rooms_resource(x, uri);
  }
  void get_prompt(exchange_ptr x, std::string_view name, std::optional<element> arguments,
                  element) const override {
    get_chat_prompt(x, name, arguments);
  }
  void complete(exchange_ptr x, element params) const override { complete_room_id(x, params); }
  using service::watch;
  void watch(exchange_ptr x, const std::string& uri, std::function<void()> changed,
             watch_reply then) const override {
    watch_rooms_resource(places_, x, uri, std::move(changed), std::move(then));
  }

 private:
  const identity who_;
  const tool_strategy how_;
  const std::vector<item> tools_;
  const std::vector<item> prompts_ = chat_prompts();
  const std::vector<item> templates_ = room_templates();
  const std::shared_ptr<watch_places> places_ = std::make_shared<watch_places>();
};

}  // namespace

std::shared_ptr<const service> make_chat_service(tool_strategy how) {
  return std::make_shared<chat_service>(how);
}

}  // namespace chat::mcp
