#include "net/rpc_batch.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/json_rpc.hpp"

namespace chat {

namespace {

bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The items of a list as they stand in the text, since ids are answered as they were sent; nothing
// where the brackets and commas are those of no list.
std::optional<std::vector<std::string>> items_of(std::string_view text) {
  std::vector<std::string> items;
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t i = 0;
  const auto add = [&] {
    while (begin < i && is_json_space(text[begin])) ++begin;
    const bool is_there = begin < i;
    if (is_there) items.emplace_back(text.substr(begin, i - begin));
    begin = i + 1;
    return is_there;
  };
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
    } else if (c == '[' || c == '{') {
      if (depth++ == 0) begin = i + 1;
    } else if (c == ']' || c == '}') {
      if (--depth > 0) continue;
      if (c != ']' || (!add() && !items.empty())) return std::nullopt;
      for (++i; i < text.size(); ++i)
        if (!is_json_space(text[i])) return std::nullopt;
      return items;
    } else if (c == ',' && depth == 1 && !add()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// The answers as they come, in any order, from any thread.
class gathered {
 public:
  gathered(std::size_t calls, responder respond)
      : respond_(std::move(respond)), answers_(calls), left_(calls) {}

  void take(std::size_t place, std::string answer) {
    {
      const std::lock_guard lock(mutex_);
      answers_[place] = std::move(answer);
      if (--left_ > 0) return;
    }
    std::string all;
    for (const auto& one : answers_)
      if (!one.empty()) all.append(all.empty() ? "[" : ",").append(one);
    if (all.empty()) return respond_({.status = 202});
    respond_(json_response(200, all + ']'));
  }

 private:
  const responder respond_;
  std::mutex mutex_;  // guards what follows, until nothing is left
  std::vector<std::string> answers_;
  std::size_t left_;
};

http_response refused_batch(int code, std::string message, std::string suggestion) {
  return json_response(400, rpc_failure("null", {code, std::move(message), std::move(suggestion)}));
}

http_response no_json(const std::string& why) {
  return refused_batch(rpc_code::parse_error, "Parse error: " + why, "Send valid JSON in UTF-8");
}

}  // namespace

bool is_rpc_batch(std::string_view body) {
  std::size_t i = 0;
  while (i < body.size() && is_json_space(body[i])) ++i;
  return i < body.size() && body[i] == '[';
}

void answer_rpc_batch(http_request& request, const door_context& context, responder respond,
                      const rpc_door& door) {
  const auto listed = items_of(request.body());
  if (!listed) return respond(no_json("the list is not closed, or has a comma too many"));
  const auto& calls = *listed;
  for (const auto& call : calls)
    if (const auto why = why_no_json(call)) return respond(no_json(why->message));
  if (calls.empty())
    return respond(refused_batch(rpc_code::invalid_request, "The batch is empty",
                                 "Send at least one call in it"));
  if (calls.size() > limits::rpc_batch_max)
    return respond(refused_batch(
        rpc_code::invalid_request, "The batch has " + std::to_string(calls.size()) + " calls",
        "Send at most " + std::to_string(limits::rpc_batch_max) + " calls in one"));
  const auto all = std::make_shared<gathered>(calls.size(), std::move(respond));
  for (std::size_t i = 0; i < calls.size(); ++i) {
    request.body() = calls[i];
    door(request, context,
         [all, i](http_response answer) { all->take(i, std::move(answer.body)); });
  }
}

}  // namespace chat
