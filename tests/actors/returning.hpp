#pragma once
// A session that comes back: Ada's, in a room where Bob talks.

#include <stdexcept>
#include <string>

#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"

namespace chat::test {

struct returning : test_node {
  explicit returning(node_options options = {}) : test_node(std::move(options)) {
    bob = join("general", "Bob");
    ada = open("general", "Ada");
    out = present(ada.token, "general");
  }

  /// Bob says something; everybody who is there gets it.
  void say(const std::string& text) {
    post(bob, text);
    run();
  }
  std::string reconnect(const std::string& more = "") {
    return call("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"" + more + "}");
  }
  /// Comes back on a new connection.
  fake_outbox_ptr come_back(const std::string& more = "") {
    const auto json = reconnect(more);
    const auto token = text_at(json, "/data/credentials/token");
    if (token == "absent") throw std::logic_error("no token: " + json);
    return present(token, "general");
  }
  std::string status(const std::string& what) {
    return text_at(call("chat-status", R"({"sessionId":")" + ada.session_id + "\"}"),
                   "/data/" + what);
  }

  fake_outbox_ptr bob, out;
  credentials ada;
};

inline std::string having(sequence seq) {
  return R"(,"lastMessageId":")" + format_message_id(seq) + '"';
}

/// "welcome message:two message:three caught_up:m…3" of what a connection got.
inline std::string story(const fake_outbox_ptr& out) {
  std::string told;
  for (const auto& f : out->frames) {
    if (!told.empty()) told += ' ';
    const auto type = text_at(f, "/type");
    told += type;
    if (type == "message") told += ':' + text_at(f, "/text");
    if (type == "caught_up" && at(f, "/lastMessageId") != "null")
      told += ':' + std::to_string(*parse_message_id(text_at(f, "/lastMessageId")));
    if (type == "history_gap")
      told +=
          ':' +
          (at(f, "/since") == "null" ? "null"
                                     : std::to_string(*parse_message_id(text_at(f, "/since")))) +
          '-' + std::to_string(*parse_message_id(text_at(f, "/until")));
  }
  return told;
}

}  // namespace chat::test
