#include "model/api_key.hpp"

#include <algorithm>

#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/shown_name.hpp"
#include "model/signature.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr std::string_view prefix = "chatd_";
constexpr std::size_t id_chars = 12;

std::string hash_of(std::string_view key) { return to_hex(sha256(key)); }

tl::unexpected<failure> bad(std::string what) {
  return tl::unexpected(make_failure(errc::validation_error, std::move(what),
                                     "Make keys with `chatd key add`, not by hand"));
}

result<api_key> parse_key(simdjson::dom::element json) {
  const auto text = [&](std::string_view name) {
    return std::string(text_member(json, name).value_or(""));
  };
  api_key key{text("id"), text("hash"), text("userId"), text("name"), scope::read, 0};
  const auto may = parse_scope(text("scope"));
  const auto created = member(json, "createdAt");
  if (key.id.size() != id_chars || key.hash.size() != 64)
    return bad("has a key without id or hash");
  if (!is_user_id(key.user_id)) return bad("has a key without a user: " + key.id);
  if (utf16_length(key.name).value_or(limits::nickname_units_max + 1) > limits::nickname_units_max)
    return bad("has a name of more than 50 characters: " + key.id);
  if (!may) return bad("has a key with an unknown scope: " + key.id);
  key.may = *may;
  key.name = cleaned_name(key.name, limits::nickname_units_max);
  if (created && created->is_int64()) key.created_ms = created->get_int64().value_unsafe();
  return key;
}

}  // namespace

result<api_keys> api_keys::parse(std::string_view json) {
  const auto document = parse_json(json);
  if (!document) return bad("is no JSON: " + document.error().message);
  const auto list = member(*document, "keys");
  api_keys keys;
  simdjson::dom::array items;
  if (!list || list->get(items)) return bad("has no list of keys");
  for (const auto item : items) {
    auto key = parse_key(item);
    if (!key) return tl::unexpected(std::move(key.error()));
    if (keys.keys_.size() == limits::api_keys_max) return bad("has too many keys");
    keys.count(*key);
    keys.keys_.push_back(std::move(*key));
  }
  return keys;
}

std::string api_keys::to_json() const {
  std::string out;
  json_writer json(out);
  json.begin_object().key("keys").begin_array();
  for (const auto& key : keys_) {
    json.begin_object().field("id", key.id).field("hash", key.hash).field("userId", key.user_id);
    json.field("name", key.name).field("scope", to_string(key.may));
    json.field("createdAt", key.created_ms).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string api_keys::add(std::string user_id, std::string name, scope may, std::int64_t now_ms) {
  const auto id = new_trace_id().substr(0, id_chars);
  auto text = std::string(prefix) + id + '_' + new_trace_id() + new_trace_id();
  keys_.push_back({id, hash_of(text), std::move(user_id), std::move(name), may, now_ms});
  count(keys_.back());
  return text;
}

bool api_keys::remove(std::string_view id) {
  if (std::erase_if(keys_, [&](const api_key& key) { return key.id == id; }) == 0) return false;
  users_.clear();
  for (const auto& key : keys_) count(key);
  return true;
}

const api_key* api_keys::find(std::string_view text) const {
  if (!text.starts_with(prefix)) return nullptr;
  const auto found = std::ranges::find(keys_, text.substr(prefix.size(), id_chars), &api_key::id);
  // Hashed in any case, so that a known id takes no longer than an unknown one.
  const auto hash = hash_of(text);
  if (found == keys_.end() || !equal_in_constant_time(hash, found->hash)) return nullptr;
  return &*found;
}

std::optional<scope> api_keys::scope_of(std::string_view user_id) const {
  const auto found = users_.find(user_id);
  if (found == users_.end()) return std::nullopt;
  return found->second;
}

void api_keys::count(const api_key& key) {
  const auto at = users_.try_emplace(key.user_id, key.may).first;
  at->second = std::max(at->second, key.may);
}

}  // namespace chat
