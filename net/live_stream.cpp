#include "net/live_stream.hpp"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "actors/command_table.hpp"
#include "model/command_result.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/loop.hpp"

namespace chat {

namespace {

std::atomic<std::size_t> live_streams{0};  // of all loops

// A failure of chat-poll, which names its own fields, as one of chat-stream.
command_answer as_own(const command_answer& answer) {
  static const nlohmann::json::json_pointer place("/error/details/expectedFields");
  auto json = nlohmann::json::parse(answer.json);
  if (!json.contains(place)) return answer;
  auto& expected = json[place] = nlohmann::json::array();
  for (const auto& f : find_command("chat-stream")->fields) expected.push_back(std::string(f.name));
  return {json.dump(), false, answer.retry_after_ms};
}

// Messages and changes have one order: ids sort as plain text.
live_stream::id_order in_order(simdjson::dom::array items, live_stream::id_order with) {
  for (const auto item : items)
    with.emplace(text_member(item, "id").value_or(""), simdjson::minify(item));
  return with;
}

}  // namespace

std::shared_ptr<live_stream> live_stream::make(const command_call& first,
                                               const http_request& request,
                                               const door_context& doors) {
  if (live_streams.fetch_add(1) >= limits::live_streams_max) {
    --live_streams;
    return nullptr;
  }
  return std::shared_ptr<live_stream>(new live_stream(first, request, doors));
}

live_stream::live_stream(const command_call& first, const http_request& request,
                         const door_context& doors)
    : doors_(doors),
      room_id_(first.input->input.text("roomId")),
      since_(first.input->input.text("since")),
      messages_max_(first.input->input.integer("maxMessages")),
      for_ms_(first.input->input.integer("forMs")),
      authorization_(request.header(http::field::authorization)),
      peer_(request.peer()),
      websocket_base_(first.websocket_base) {}

live_stream::~live_stream() {
  still_wanted_->lose();
  --live_streams;
}

void live_stream::on_open(stream_sender send) {
  send_ = std::move(send);
  poll();
}

std::string live_stream::farewell() const {
  return end_.error(encode_error(make_failure(errc::overloaded, "The node is stopping",
                                              "Go on in a few seconds, with since: the id of "
                                              "the last message you got")),
                    true);
}

bool live_stream::is_done() const {
  if (messages_max_ > 0 && static_cast<std::int64_t>(end_.chunks) >= messages_max_) return true;
  return for_ms_ > 0 && stream_end::clock::now() - began_ >= std::chrono::milliseconds(for_ms_);
}

// The next page: what is there already, or what comes first.
std::string live_stream::next_input() const {
  std::int64_t wait_ms = limits::poll_wait_ms_max;
  std::int64_t limit = limits::poll_messages_max;
  if (for_ms_ > 0) {
    const auto left = std::chrono::milliseconds(for_ms_) - (stream_end::clock::now() - began_);
    wait_ms = std::clamp<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1, 0, wait_ms);
  }
  if (messages_max_ > 0)
    limit = std::min(limit, messages_max_ - static_cast<std::int64_t>(end_.chunks));
  std::string input;
  json_writer json(input);
  json.begin_object().field("roomId", room_id_);
  if (!since_.empty()) json.field("since", since_);
  json.field("limit", limit).field("waitMs", wait_ms);
  json.field("maxChars", limits::stream_page_chars).end_object();
  return input;
}

// Who reads is asked for again each time: a key that was revoked ends its streams as well. Only the
// first poll counts against the caller's rate: how often the others come is not the caller's doing.
void live_stream::poll() {
  auto who = doors_.config.authenticate(authorization_, peer_);
  if (!who) return finish(end_.error(encode_error(who.error()), false));
  const auto input = next_input();
  const auto parsed = parse_json(input);
  auto call = make_call("chat-poll", *parsed);
  call->who = std::move(*who);
  call->websocket_base = websocket_base_;
  call->still_wanted = still_wanted_;
  call->is_paid = std::exchange(has_polled_, true);
  call->answer = [weak = weak_from_this(), &home = doors_.home](command_answer answer) {
    home.post([weak, answer = std::move(answer)] {
      if (const auto self = weak.lock()) self->on_page(answer);
    });
  };
  doors_.send(std::move(call));
}

void live_stream::on_page(const command_answer& answer) {
  if (!answer.success) return finish(error_chunk(as_own(answer), end_));
  const auto result = parse_json(answer.json);
  const auto data = result ? member(*result, "data") : std::nullopt;
  simdjson::dom::array items;
  if (!data || data->at_key("messages").get(items))
    return finish(end_.error(R"({"code":"INTERNAL_ERROR"})", true));
  // Where there is none, the room is empty.
  since_ = text_member(*data, "lastMessageId").value_or("");
  send_gaps(*result);
  auto chunks = in_order(items, {});
  if (data->at_key("changes").get(items) == simdjson::SUCCESS)
    chunks = in_order(items, std::move(chunks));
  send_chunks(chunks);
  if (is_done()) return finish(end_.complete());
  poll_later();
}

// What the room does not hold any more, or does not know, is no message: a chunk that does not
// count as one.
void live_stream::send_gaps(simdjson::dom::element page) {
  simdjson::dom::array warnings;
  if (page.at_key("warnings").get(warnings)) return;
  for (const auto warning : warnings) {
    const auto code = text_member(warning, "code").value_or("");
    if (code == "HISTORY_TRUNCATED" || code == "POSITION_LOST")
      send_(
          progress_chunk(text_member(warning, "message").value_or(""), simdjson::minify(warning)));
  }
}

void live_stream::send_chunks(const id_order& items) {
  std::string out;
  for (const auto& [id, json] : items) {
    const auto number = static_cast<std::int64_t>(end_.chunks) + 1;
    out += data_chunk(json, end_.chunks, messages_max_ > 0 && number >= messages_max_);
    ++end_.chunks;
  }
  if (!out.empty()) send_(std::move(out));
}

// A pause, so that a busy room costs a bounded number of polls a second, and a client that reads
// a long history has time to read it.
void live_stream::poll_later() {
  auto timer = std::make_shared<asio::steady_timer>(doors_.home.io(), limits::stream_pause);
  timer->async_wait([weak = weak_from_this(), timer](error_code error) {
    const auto self = weak.lock();
    if (self && !error) self->poll();
  });
}

void live_stream::finish(std::string last) {
  send_(std::move(last));
  send_({});
}

}  // namespace chat
