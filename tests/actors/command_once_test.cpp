// idempotencyKey, dryRun and undo: writes that are safe to retry and safe to try.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"
#include "tests/files_with.hpp"

namespace chat::test {

namespace {

const std::vector<room_definition> rooms{{"general", "General", "", 100, 0}};

std::string hello(const std::string& more) {
  return R"({"roomId":"general","text":"hello")" + more + '}';
}
constexpr auto* key = R"(,"idempotencyKey":"k1")";
constexpr auto* dry = R"(,"dryRun":true)";

}  // namespace

TEST_CASE("a call sent twice with its key is run once", "[actors]") {
  temporary_directory data;
  std::string first;
  {
    test_node node({.rooms = rooms, .data = data.path()});
    first = node.call("chat-send", hello(key));
    CHECK(at(first, "/metadata/replayed") == "absent");
    const auto again = node.call("chat-send", hello(key));
    CHECK(at(again, "/metadata/replayed") == "true");
    CHECK(at(again, "/data") == at(first, "/data"));
    CHECK(at(again, "/metadata/traceId") == at(first, "/metadata/traceId"));
    CHECK(node.history("general") == "Agent: hello");
    // Another user's key is another one.
    CHECK(at(node.call("chat-send", hello(key), user("eve", "Eve")), "/metadata/replayed") ==
          "absent");
  }
  test_node node({.rooms = rooms, .data = data.path()});
  const auto later = node.call("chat-send", hello(key));
  CHECK(at(later, "/metadata/replayed") == "true");
  CHECK(at(later, "/data") == at(first, "/data"));
  CHECK(node.history("general") == "Agent: hello | Eve: hello");
}

TEST_CASE("the text that an edit replaced is answered once, and kept nowhere", "[actors]") {
  temporary_directory data;
  const std::string message = R"({"roomId":"general","messageId":"m0000000000000001")";
  const auto edit = message + R"(,"text":"tamed","idempotencyKey":"k1"})";
  {
    test_node node({.rooms = rooms, .data = data.path()});
    node.call("chat-send", R"({"roomId":"general","text":"wild"})");
    CHECK(text_at(node.call("chat-edit", edit), "/undoArgs/text") == "wild");
    node.call("chat-edit", message + R"(,"text":"tame"})");
    node.call("chat-delete", message + '}');
    node.advance(node.context.erase_after);
    for (const auto* text : {"wild", "tame"}) CHECK(files_with(data.path(), text) == "");
  }
  test_node node({.rooms = rooms, .data = data.path()});
  const auto again = node.call("chat-edit", edit);
  CHECK(at(again, "/metadata/replayed") == "true");
  CHECK(text_at(again, "/data/messageId") == "m0000000000000001");
  CHECK(at(again, "/undoCommand") == "absent");
  CHECK(again.find("wild") == std::string::npos);
  CHECK(text_at(again, "/warnings/0/code") == "UNDO_NOT_KEPT");
}

TEST_CASE("a token that comes again may be used up", "[actors]") {
  test_node node({.rooms = rooms});
  const std::string connect = R"({"roomId":"general","idempotencyKey":"k1"})";
  const auto told = text_at(node.call("chat-connect", connect), "/reasoning");
  CHECK(told.find("chat-reconnect") == std::string::npos);
  CHECK(text_at(node.call("chat-connect", connect), "/reasoning").find("call chat-reconnect") !=
        std::string::npos);
}

TEST_CASE("a key stands for one call", "[actors]") {
  test_node node({.rooms = rooms});
  node.call("chat-send", hello(key));
  CHECK(node.outcome("chat-send", R"({"roomId":"general","text":"other","idempotencyKey":"k1"})") ==
        "DUPLICATE_CONFLICT");
  CHECK(node.outcome("chat-room-create", R"({"roomId":"team","idempotencyKey":"k1"})") ==
        "DUPLICATE_CONFLICT");
}

TEST_CASE("what failed is run again", "[actors]") {
  test_node node({.rooms = rooms});
  const auto send = R"({"roomId":"team","text":"hello","idempotencyKey":"k1"})";
  CHECK(node.outcome("chat-send", send) == "ROOM_NOT_FOUND");
  node.call("chat-room-create", R"({"roomId":"team"})");
  const auto json = node.call("chat-send", send);
  CHECK(at(json, "/success") == "true");
  CHECK(at(json, "/metadata/replayed") == "absent");
}

TEST_CASE("a retry that overtakes the first call waits for its turn", "[actors]") {
  test_node node({.rooms = rooms});
  const auto first = node.start("chat-send", hello(key));
  const auto second = node.start("chat-send", hello(key));
  node.run();
  CHECK(at(first->json, "/success") == "true");
  CHECK(text_at(second->json, "/error/code") == "OVERLOADED");
  CHECK(at(second->json, "/error/retryable") == "true");
  CHECK(at(node.call("chat-send", hello(key)), "/metadata/replayed") == "true");
  CHECK(node.history("general") == "Agent: hello");
}

TEST_CASE("a call that is let go too late can be sent again", "[actors]") {
  test_node node({.rooms = rooms});
  const auto late = node.start("chat-send", hello(key));
  REQUIRE(node.scheduler.try_run_once());  // the call has asked for leave
  node.scheduler.advance_time(limits::ask_timeout + std::chrono::seconds(1));
  node.run();
  CHECK(text_at(late->json, "/error/code") == "TIMEOUT");
  CHECK(node.history("general").empty());
  CHECK(node.outcome("chat-send", hello(key)) == "OK");
}

TEST_CASE("an answer that cannot be looked up or kept says so", "[actors]") {
  test_node node({.rooms = rooms});
  {
    const full_disk full;
    CHECK(node.outcome("chat-room-create", R"({"roomId":"team","idempotencyKey":"k1"})") ==
          "STORAGE_UNAVAILABLE");
  }
  for (int i = 0; i < 3; ++i) node.advance(std::chrono::seconds(1));
  CHECK(node.outcome("chat-room-create", R"({"roomId":"team","idempotencyKey":"k1"})") == "OK");
}

TEST_CASE("steps of batches and pipes have keys of their own", "[actors]") {
  test_node node({.rooms = rooms});
  const auto batch = R"({"commands":[{"command":"chat-send","input":)" + hello(key) + "}]}";
  CHECK(at(node.call("afd-batch", batch), "/results/0/result/metadata/replayed") == "absent");
  CHECK(at(node.call("afd-batch", batch), "/results/0/result/metadata/replayed") == "true");
  CHECK(node.history("general") == "Agent: hello");
}

TEST_CASE("the order of an input's fields makes no other call", "[actors]") {
  test_node node({.rooms = rooms});
  node.call("chat-send", hello(key));
  const auto again = node.call(
      "chat-send", R"({ "idempotencyKey" : "k1", "text" : "hello", "roomId" : "general" })");
  CHECK(at(again, "/metadata/replayed") == "true");
  const std::string connect = R"("command":"chat-connect","idempotencyKey":"k2")";
  node.call("afd-call", '{' + connect + R"(,"input":{"roomId":"general","nickname":"Ada"}})");
  CHECK(at(node.call("afd-call",
                     '{' + connect + R"(,"input":{"nickname":"Ada","roomId":"general"}})"),
           "/metadata/replayed") == "true");
  CHECK(node.outcome("chat-connect",
                     R"({"nickname":"Bob","roomId":"general","idempotencyKey":"k2"})") ==
        "DUPLICATE_CONFLICT");
}

TEST_CASE("a key beside a command is the command's", "[actors]") {
  test_node node({.rooms = rooms});
  const std::string part = R"({"command":"chat-send","input":)" + hello("") + key + '}';
  const auto batch = R"({"commands":[)" + part + "]}";
  const auto pipe = R"({"steps":[)" + part + "]}";
  CHECK(at(node.call("afd-batch", batch), "/results/0/result/metadata/replayed") == "absent");
  CHECK(at(node.call("afd-batch", batch), "/results/0/result/metadata/replayed") == "true");
  CHECK(at(node.call("afd-call", part), "/metadata/replayed") == "true");
  CHECK(at(node.call("afd-pipe", pipe), "/steps/0/metadata/replayed") == "true");
  CHECK(at(node.call("chat-send", hello(key)), "/metadata/replayed") == "true");
  // An input's own key stands.
  node.call("afd-call",
            R"({"command":"chat-send","idempotencyKey":"k2","input":)" + hello(key) + '}');
  CHECK(node.history("general") == "Agent: hello");
  CHECK(at(node.call("chat-send", hello(R"(,"idempotencyKey":"k2")")), "/metadata/replayed") ==
        "absent");
}

TEST_CASE("a dry run beside a command, or of a whole batch or pipe, writes nothing", "[actors]") {
  test_node node({.rooms = rooms});
  const auto send = [](const std::string& more = "", const std::string& beside = "") {
    return R"({"command":"chat-send","input":)" + hello(more) + beside + '}';
  };
  const auto batch = [&](const std::string& command, const std::string& more = "") {
    return at(node.call("afd-batch", R"({"commands":[)" + command + ']' + more + '}'),
              "/results/0/result/data/dryRun");
  };
  const auto pipe = [&](const std::string& step, const std::string& more = "") {
    return at(node.call("afd-pipe", R"({"steps":[)" + step + ']' + more + '}'),
              "/steps/0/data/dryRun");
  };
  const std::string not_dry = R"(,"dryRun":false)";
  CHECK(at(node.call("afd-call", send("", dry)), "/data/dryRun") == "true");
  CHECK(at(node.call("afd-call", send(not_dry, dry)), "/data/dryRun") == "true");
  CHECK(batch(send("", dry)) == "true");
  CHECK(batch(send(), dry) == "true");
  CHECK(batch(send(not_dry, not_dry), dry) == "true");
  CHECK(pipe(send("", dry)) == "true");
  CHECK(pipe(send(), dry) == "true");
  const auto nested = R"({"command":"afd-batch","input":{"commands":[)" + send() + "]}";
  CHECK(at(node.call("afd-call", nested + dry + '}'), "/results/0/result/data/dryRun") == "true");
  CHECK(node.history("general").empty());
  CHECK(batch(send("", not_dry)) == "absent");
  CHECK(node.history("general") == "Agent: hello");
}

TEST_CASE("a dry run or a key in a wrong place is refused, and nothing is written", "[actors]") {
  test_node node({.rooms = rooms});
  const auto send = R"({"command":"chat-send","input":)" + hello("") + '}';
  const auto refused = [&](const std::string& command, const std::string& input) {
    const auto json = node.call(command, input);
    CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
    return text_at(json, "/error/details/errors/0/path");
  };
  const auto commands = R"({"commands":[)" + send + ']';
  const auto steps = R"({"steps":[)" + send + ']';
  CHECK(refused("afd-batch", commands + key + '}') == "idempotencyKey");
  CHECK(refused("afd-pipe", steps + key + '}') == "idempotencyKey");
  CHECK(refused("afd-batch", commands + R"(,"options":{"dryRun":true}})") == "options.dryRun");
  CHECK(refused("afd-pipe", steps + R"(,"options":{"dryRun":true}})") == "options.dryRun");
  CHECK(refused("afd-call", R"({"command":"afd-batch","input":)" + commands + '}' + key + '}') ==
        "idempotencyKey");
  CHECK(text_at(node.call("afd-batch", commands + key + '}'), "/error/suggestion")
            .find("beside each `command`") != std::string::npos);
  CHECK(at(node.call("afd-batch", commands + key + '}'), "/warnings") == "absent");
  CHECK(node.history("general").empty());
}

TEST_CASE("a dry run or a key that is misspelt is refused, and nothing is written", "[actors]") {
  test_node node({.rooms = rooms});
  for (const std::string wrong :
       {"dryrun", "dry_run", "DryRun", "idempotencykey", "idempotency_key"}) {
    const auto json = node.call("chat-send", hello(",\"" + wrong + "\":true"));
    CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
    CHECK(text_at(json, "/error/details/errors/0/path") == wrong);
    CHECK(text_at(json, "/error/details/unexpectedFields/0") == wrong);
    CHECK(text_at(json, "/error/details/errors/0/message").find("Did you mean ") == 0);
    CHECK(at(json, "/warnings") == "absent");
  }
  CHECK(node.history("general").empty());
  CHECK(node.outcome("chat-send", hello(R"(,"dried":true)")) == "OK");
}

TEST_CASE("what fails for a dry run's missing data says so", "[actors]") {
  test_node node({.rooms = rooms});
  const auto steps = R"({"steps":[{"command":"chat-send","input":)" + hello("") +
                     R"(},{"command":"chat-edit","input":{"roomId":"general",)"
                     R"("messageId":"$prev.messageId","text":"hi"}}])";
  const auto json = node.call("afd-pipe", steps + dry + '}');
  CHECK(text_at(json, "/error/suggestion").find("In a dry run steps that write have no data") == 0);
  CHECK(node.history("general").empty());
  CHECK(at(node.call("afd-pipe", steps + '}'), "/success") == "true");
}

TEST_CASE("two keys for one write are refused, one given twice is taken", "[actors]") {
  test_node node({.rooms = rooms});
  const auto send = [](const std::string& inner, const std::string& beside) {
    return R"({"command":"chat-send","input":)" + hello(",\"idempotencyKey\":\"" + inner + '"') +
           ",\"idempotencyKey\":\"" + beside + "\"}";
  };
  const auto json = node.call("afd-call", send("a", "b"));
  CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
  CHECK(text_at(json, "/error/message").find("There are two idempotencyKeys") == 0);
  CHECK(node.history("general").empty());
  CHECK(node.outcome("afd-call", send("a", "a")) == "OK");
}

TEST_CASE("a message that was there says so", "[actors]") {
  test_node node({.rooms = rooms});
  const auto again = hello(R"(,"clientMessageId":"mine")");
  const auto first = node.call("chat-send", again);
  const auto second = node.call("chat-send", again);
  CHECK(text_at(first, "/reasoning").find("Message stored") == 0);
  CHECK(text_at(second, "/reasoning").find("This clientMessageId was used before") == 0);
  CHECK(at(second, "/data/messageId") == at(first, "/data/messageId"));
}

TEST_CASE("what writes nothing says that a dry run or a key is without effect", "[actors]") {
  test_node node({.rooms = rooms});
  const std::string list = R"({"command":"chat-rooms")";
  const auto called = node.call("afd-call", list + dry + key + R"(,"more":1})");
  CHECK(at(called, "/data/total") == "1");
  CHECK(text_at(called, "/warnings/0/message") ==
        "chat-rooms writes nothing: 'dryRun' is without effect");
  CHECK(text_at(called, "/warnings/1/message").find("'idempotencyKey' is without") !=
        std::string::npos);
  CHECK(text_at(called, "/warnings/2/message") ==
        "Field 'more' is not known to afd-call and was ignored");
  CHECK(at(called, "/warnings/3") == "absent");
  const auto batch = node.call("afd-batch", R"({"commands":[)" + list + dry + "}]}");
  CHECK(text_at(batch, "/warnings/0/code") == "UNKNOWN_FIELD");
  // Of a whole batch nobody need be told: what reads is run.
  CHECK(at(node.call("afd-batch", R"({"commands":[)" + list + "}]" + dry + '}'), "/warnings") ==
        "absent");
}

TEST_CASE("a dry run looks at its key and at the message's own ID", "[actors]") {
  test_node node({.rooms = rooms});
  const std::string id = R"(,"clientMessageId":"m1")";
  const auto would = [&](const std::string& input) {
    const auto json = node.call("chat-send", input);
    return at(json, "/success") == "true" ? text_at(json, "/data/would")
                                          : text_at(json, "/error/code");
  };
  const std::string other = R"({"roomId":"general","text":"other","dryRun":true)";
  node.call("chat-send", hello(key));
  CHECK(would(other + key + '}') == "DUPLICATE_CONFLICT");
  CHECK(would(hello(std::string(key) + dry)).find("answer what the first call") == 0);
  node.call("chat-send", hello(id));
  CHECK(would(other + id + '}') == "DUPLICATE_CONFLICT");
  CHECK(would(hello(id + dry)).find("answer with message " + format_message_id(2)) == 0);
  const auto ada = node.open("general", "Ada");
  const auto as_ada = R"(,"sessionId":")" + ada.session_id + '"';
  CHECK(would(other + id + as_ada + '}').find("store the message") == 0);  // an ID of another's
  node.call("chat-send", hello(id + as_ada));
  CHECK(would(other + id + as_ada + '}') == "DUPLICATE_CONFLICT");
  CHECK(node.history("general") == "Agent: hello | Agent: hello | Ada: hello");
  // It holds no key.
  const std::string fresh = R"(,"idempotencyKey":"k9")";
  const auto tried = node.start("chat-send", hello(fresh + dry));
  const auto sent = node.start("chat-send", hello(fresh));
  node.run();
  CHECK(at(tried->json, "/success") == "true");
  CHECK(at(sent->json, "/success") == "true");
  CHECK(at(sent->json, "/metadata/replayed") == "absent");
}

TEST_CASE("a dry run checks everything and does nothing", "[actors]") {
  test_node node({.rooms = rooms});
  const auto tries = [&](const std::string& command, const std::string& input) {
    const auto json = node.call(command, input);
    CHECK(at(json, "/data/dryRun") == (at(json, "/success") == "true" ? "true" : "absent"));
    return at(json, "/success") == "true" ? text_at(json, "/data/would")
                                          : text_at(json, "/error/code");
  };
  CHECK(tries("chat-send", hello(dry)) == "store the message and send it to room \"general\"");
  CHECK(tries("chat-send", R"({"roomId":"no","text":"x","dryRun":true})") == "ROOM_NOT_FOUND");
  const auto ada = node.open("general", "Ada");
  const auto as_ada = R"(,"sessionId":")" + ada.session_id + '"';
  CHECK(tries("chat-send", hello(as_ada + dry)) ==
        "store the message and send it to room \"general\"");
  CHECK(node.history("general").empty());

  node.call("chat-send", hello(""));
  const auto message = R"("roomId":"general","messageId":")" + format_message_id(1) + '"';
  CHECK(tries("chat-edit", '{' + message + R"(,"text":"x","dryRun":true})").find("change") == 0);
  CHECK(tries("chat-delete", '{' + message + R"(,"dryRun":true})").find("delete message") == 0);
  CHECK(tries("chat-delete", R"({"roomId":"general","messageId":"m9","dryRun":true})") ==
        "MESSAGE_NOT_FOUND");
  CHECK(tries("chat-edit", '{' + message + R"(,"text":"x","dryRun":true})").find("change") == 0);
  CHECK(node.history("general") == "Agent: hello");

  CHECK(tries("chat-room-create", R"({"roomId":"team","dryRun":true})") == "create room \"team\"");
  CHECK(tries("chat-room-create", R"({"roomId":"general","dryRun":true})") == "ALREADY_EXISTS");
  CHECK(tries("chat-room-update", R"({"roomId":"general","name":"G","dryRun":true})") ==
        "change room \"general\"");
  CHECK(tries("chat-room-delete", R"({"roomId":"general","dryRun":true})").find("delete room") ==
        0);
  const auto rooms_now = node.call("chat-rooms");
  CHECK(at(rooms_now, "/data/total") == "1");
  CHECK(text_at(rooms_now, "/data/rooms/0/name") == "General");

  CHECK(tries("chat-connect", R"({"roomId":"general","dryRun":true})").find("open a session") == 0);
  CHECK(tries("chat-connect", R"({"roomId":"no","dryRun":true})") == "ROOM_NOT_FOUND");
  const auto session = R"({"sessionId":")" + ada.session_id + '"';
  const auto token = R"(,"currentToken":")" + ada.token + '"';
  CHECK(tries("chat-refresh-token", session + token + R"(,"dryRun":true})").find("answer a") == 0);
  CHECK(tries("chat-refresh-token", session + R"(,"currentToken":"x","dryRun":true})") ==
        "INVALID_TOKEN");
  for (int i = 0; i < 7; ++i)  // more than there may be: it does not count
    CHECK(tries("chat-reconnect", session + R"(,"dryRun":true})").find("answer a token") == 0);
  CHECK(tries("chat-revoke", session + R"(,"dryRun":true})") == "end 1 session(s)");
  CHECK(tries("chat-revoke", R"({"userId":"nobody","dryRun":true})") == "end 0 session(s)");
  CHECK(node.outcome("chat-refresh-token", session + token + '}') == "OK");  // still the newest
  CHECK(tries("chat-disconnect", session + R"(,"dryRun":true})").find("end the session") == 0);
  CHECK(node.state_of(ada.session_id) == "pending");
  // It is not the call: its key is free.
  node.call("chat-send", hello(std::string(key) + dry));
  CHECK(at(node.call("chat-send", hello(key)), "/metadata/replayed") == "absent");
}

TEST_CASE("what can be undone says how", "[actors]") {
  test_node node({.rooms = rooms});
  const auto undo = [&](const std::string& command, const std::string& input) {
    const auto json = node.call(command, input);
    const auto how = text_at(json, "/undoCommand");
    if (how != "absent") CHECK(node.outcome(how, at(json, "/undoArgs")) == "OK");
    return how;
  };
  CHECK(undo("chat-send", hello("")) == "chat-delete");
  CHECK(undo("chat-connect", R"({"roomId":"general"})") == "chat-disconnect");
  CHECK(undo("chat-room-create", R"({"roomId":"team"})") == "chat-room-delete");
  CHECK(undo("chat-room-update", R"({"roomId":"general","name":"G","maxParticipants":7})") ==
        "chat-room-update");
  const auto rooms_now = node.call("chat-rooms");
  CHECK(at(rooms_now, "/data/total") == "1");
  CHECK(text_at(rooms_now, "/data/rooms/0/name") == "General");
  CHECK(at(rooms_now, "/data/rooms/0/maxParticipants") == "100");
}

}  // namespace chat::test
