// API keys: who has one is known, who has none is not, and their file tells nobody a key.

#include "model/api_key.hpp"

#include <catch2/catch.hpp>

using namespace chat;

TEST_CASE("a key is found by its text, and only by that", "[model]") {
  api_keys keys;
  const auto ada = keys.add("ada", "Ada", scope::admin, 5);
  const auto bob = keys.add("bob", "", scope::read, 6);
  REQUIRE(keys.find(ada));
  CHECK(keys.find(ada)->user_id == "ada");
  CHECK(keys.find(ada)->may == scope::admin);
  CHECK(keys.find(bob)->user_id == "bob");
  for (std::size_t i = 0; i < ada.size(); ++i) {
    auto changed = ada;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK_FALSE(keys.find(changed));
  }
  CHECK_FALSE(keys.find(""));
  CHECK_FALSE(keys.find("chatd_"));
  CHECK_FALSE(keys.find(ada + "0"));
  CHECK_FALSE(keys.find(ada.substr(0, ada.size() - 1)));
  // One key's id with another's secret.
  CHECK_FALSE(keys.find(ada.substr(0, 19) + bob.substr(19)));
}

TEST_CASE("a key that is removed opens nothing", "[model]") {
  api_keys keys;
  const auto first = keys.add("ada", "", scope::write, 1);
  const auto second = keys.add("ada", "", scope::write, 2);
  CHECK(keys.remove(keys.find(first)->id));
  CHECK_FALSE(keys.find(first));
  CHECK(keys.find(second));
  CHECK(keys.scope_of("ada").has_value());
  CHECK_FALSE(keys.remove("000000000000"));
  CHECK(keys.remove(keys.find(second)->id));
  CHECK_FALSE(keys.scope_of("ada"));
}

TEST_CASE("keys come back from their file, which holds no key", "[model]") {
  api_keys keys;
  const auto text = keys.add("ada \"1\"", "Äda", scope::write, 1'700'000'000'000);
  keys.add("bob", "", scope::read, 1);
  const auto json = keys.to_json();
  CHECK(json.find(text.substr(19)) == std::string::npos);
  const auto again = api_keys::parse(json);
  REQUIRE(again);
  CHECK(again->all() == keys.all());
  CHECK(again->find(text)->name == "Äda");
}

TEST_CASE("a file that no node wrote is refused with what is wrong", "[model]") {
  const auto refusal = [](const std::string& json) {
    const auto keys = api_keys::parse(json);
    return keys ? "taken" : keys.error().message;
  };
  const auto key = [](const std::string& change) {
    return R"({"keys":[{"id":"0123456789ab","hash":")" + std::string(64, 'a') + "\"" + change +
           "}]}";
  };
  CHECK(refusal("").starts_with("is no JSON"));
  CHECK(refusal("[]") == "has no list of keys");
  CHECK(refusal(R"({"keys":[1]})") == "has a key without id or hash");
  CHECK(refusal(key("")) == "has a key without a user: 0123456789ab");
  CHECK(refusal(key(R"(,"userId":"a")")) == "has a key with an unknown scope: 0123456789ab");
  CHECK(refusal(key(R"(,"userId":"a","scope":"root")")) ==
        "has a key with an unknown scope: 0123456789ab");
  CHECK(refusal(key(R"(,"userId":"a","scope":"read","name":")" + std::string(51, 'n') + '"')) ==
        "has a name of more than 50 characters: 0123456789ab");
  CHECK(refusal(key(R"(,"userId":"a","scope":"read")")) == "taken");
}
