// The audit log: who came in, from where, by which token, and how it ended.

#include "actors/audit.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/returning.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// Entries as "event token address reason", tokens numbered in the order of their first mention.
class audit_notes final : public audit_log {
 public:
  void write(const audit_entry& e) noexcept override {
    std::string line(e.event);
    if (!e.token_id.empty()) line += " #" + std::to_string(number_of(std::string(e.token_id)));
    if (!e.address.empty()) line.append(" from ").append(e.address);
    if (!e.reason.empty()) line.append(": ").append(e.reason);
    lines.push_back(line);
    if (!e.session_id.empty()) session_id = e.session_id;
    if (!e.user_id.empty()) user_id = e.user_id;
    if (!e.room_id.empty()) room_id = e.room_id;
  }
  std::vector<std::string> lines;
  std::string session_id, user_id, room_id;

 private:
  std::size_t number_of(const std::string& token) {
    const auto known = std::ranges::find(tokens_, token);
    if (known != tokens_.end()) return static_cast<std::size_t>(known - tokens_.begin()) + 1;
    tokens_.push_back(token);
    return tokens_.size();
  }
  std::vector<std::string> tokens_;
};

}  // namespace

TEST_CASE("the audit log tells who came in, by which token, and how it ended", "[actors]") {
  audit_notes notes;
  test_node node;
  node.context.audit = &notes;
  const caller who{"ada", "Ada", "192.0.2.1", scope::admin};
  const auto ada = node.open("general", "Ada", who);
  const auto present = [&](const std::string& token, const std::string& address) {
    auto out = node.connect();
    caf::anon_send(node.hub, present_token{token, "general", out, address});
    node.run();
    return out;
  };
  auto out = present(ada.token, "192.0.2.2");
  present(ada.token, "192.0.2.3");  // again
  present("forged", "192.0.2.4");
  const auto by_session = R"({"sessionId":")" + ada.session_id + "\"}";
  const auto again =
      text_at(node.call("chat-reconnect", by_session, who), "/data/credentials/token");
  auto newer = present(again, "192.0.2.5");
  node.call("chat-refresh-token",
            R"({"sessionId":")" + ada.session_id + R"(","currentToken":")" + again + "\"}", who);
  node.lose(newer);
  node.call("chat-disconnect", by_session, who);
  CHECK(notes.lines == std::vector<std::string>{
                           "handoff #1 from 192.0.2.1",
                           "connect #1 from 192.0.2.2",
                           "refused #1 from 192.0.2.3: Invalid token",
                           "refused from 192.0.2.4: Invalid token",
                           "reconnect #2 from 192.0.2.1",
                           "takeover #2 from 192.0.2.5",
                           "refresh #3 from 192.0.2.1",
                           "disconnect #2 from 192.0.2.5: client",
                           "end #2 from 192.0.2.5: command",
                       });
  CHECK(notes.session_id == ada.session_id);
  CHECK(notes.user_id == "ada");
  CHECK(notes.room_id == "general");
}

TEST_CASE("the audit log tells what was refused to whom", "[actors]") {
  audit_notes notes;
  test_node node;
  node.context.audit = &notes;
  caller reader{"eve", "Eve", "192.0.2.9", scope::read};
  node.call("chat-connect", R"({"roomId":"general"})", reader);
  node.call("node-status", "{}", reader);
  node.call("chat-poll", R"({"roomId":"nowhere"})", reader);  // is no handoff
  reader.may = scope::write;
  node.call("chat-connect", R"({"roomId":"nowhere"})", reader);
  CHECK(notes.lines ==
        std::vector<std::string>{
            "refused from 192.0.2.9: chat-connect: chat-connect needs the scope write; you have "
            "read",
            "refused from 192.0.2.9: node-status: node-status needs the scope admin; you have read",
            "refused from 192.0.2.9: chat-connect: Room \"nowhere\" does not exist",
        });
}

TEST_CASE("the audit log tells which sessions were revoked, and what a restart cut off",
          "[actors]") {
  temporary_directory store;
  audit_notes notes;
  std::string id, bob;
  {
    test_node node({.data = store.path()});
    const auto opened = node.open("general", "Bob", user("bob"));
    bob = opened.session_id;
    node.present(opened.token, "general");
    node.context.audit = &notes;
    id = node.open("general", "Ada", user("ada")).session_id;
    node.call("chat-revoke", R"({"userId":"ada"})", user("root", "", scope::admin));
    CHECK(notes.session_id == id);
    CHECK(notes.lines.at(1) == "revoke: by root");  // of the user …
    CHECK(notes.lines.at(2) == "revoke: by root");  // … and of each session
  }
  notes.lines.clear();
  const test_node node({.data = store.path(), .audit = &notes});
  CHECK(notes.lines == std::vector<std::string>{"disconnect: restart"});
  CHECK(notes.session_id == bob);
}
