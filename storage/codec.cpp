#include "storage/codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "storage/fields.hpp"
#include "storage/word_filter.hpp"

namespace chat::codec {

namespace {

constexpr char one_message = 1;
constexpr char many_messages = 2;
constexpr char changed_messages = 3;
constexpr char public_room = 1;
constexpr char any_room = 2;
constexpr char human_on_websocket = 1;
constexpr char any_session = 2;
constexpr char answer_format = 1;
constexpr char old_words = 1;
constexpr char words_format = 2;
constexpr char erasure_format = 1;
constexpr std::size_t sequence_bytes = 8;

enum change : char { unchanged, changed, an_edit, a_deletion };

bool is_plain(const message_ptr& m) { return m->kind == message_kind::said && m->changed_by == 0; }

void append_change(std::string& out, const message& m) {
  if (m.kind == message_kind::said) {
    out += m.changed_by == 0 ? unchanged : changed;
    if (m.changed_by == 0) return;
    append_number(out, m.changed_by);
    append_number(out, static_cast<std::uint64_t>(m.changed_ms));
  } else {
    out += m.kind == message_kind::edit ? an_edit : a_deletion;
    append_number(out, m.target);
  }
}

}  // namespace

// --- Keys ----------------------------------------------------------------------------------------

namespace {

void encode_key(std::string& out, char what, std::string_view room_id, sequence seq) {
  out = what;
  out += room_id;
  out += '\0';
  append_number(out, seq);
}

sequence sequence_in(std::string_view key, char what, std::string_view room_id) {
  if (key.size() != 1 + room_id.size() + 1 + sequence_bytes) return 0;
  if (key[0] != what || key.substr(1, room_id.size()) != room_id) return 0;
  if (key[1 + room_id.size()] != '\0') return 0;
  sequence seq = 0;
  field_reader(key.substr(key.size() - sequence_bytes)).take_number(seq);
  return seq;
}

}  // namespace

void encode_message_key(std::string& out, std::string_view room_id, sequence seq) {
  encode_key(out, 'm', room_id, seq);
}

void encode_words_key(std::string& out, std::string_view room_id, sequence last) {
  encode_key(out, 'w', room_id, last);
}

void encode_room_key(std::string& out, std::string_view room_id) {
  out = 'r';
  out += room_id;
}

void encode_session_key(std::string& out, std::uint64_t number) {
  out = 'S';
  append_number(out, number);
}

std::string encode_answer_key(std::string_view user_id, std::string_view key) {
  std::string out(answers_begin);
  append_text(out, user_id);
  return out.append(key);
}

bool decode_answer_key(std::string_view key, kept_answer& out) {
  if (!key.starts_with(answers_begin)) return false;
  field_reader in(key.substr(answers_begin.size()));
  std::string_view user_id;
  if (!in.take_text(user_id)) return false;
  out.user_id = user_id;
  out.key = in.rest();
  return !out.key.empty();
}

void encode_erasure_key(std::string& out, std::string_view room_id) {
  out = erasures_begin;
  out += room_id;
}

bool is_session_key(std::string_view key) { return !key.empty() && key[0] == 'S'; }

std::uint64_t number_of_key(std::string_view key) {
  std::uint64_t number = 0;
  if (!is_session_key(key) || key.size() != 1 + sizeof(number)) return 0;
  field_reader(key.substr(1)).take_number(number);
  return number;
}

std::string messages_end(std::string_view room_id) { return 'm' + std::string(room_id) + '\1'; }

std::string words_end(std::string_view room_id) { return 'w' + std::string(room_id) + '\1'; }

sequence sequence_of_key(std::string_view key, std::string_view room_id) {
  return sequence_in(key, 'm', room_id);
}

sequence sequence_of_words_key(std::string_view key, std::string_view room_id) {
  return sequence_in(key, 'w', room_id);
}

std::string_view room_of_key(std::string_view key) {
  return key.substr(1, std::min(key.find('\0'), key.size()) - 1);
}

bool is_words_key(std::string_view key) { return !key.empty() && key[0] == 'w'; }

bool is_message_key(std::string_view key) { return !key.empty() && key[0] == 'm'; }

// --- Values --------------------------------------------------------------------------------------

void encode(std::string& out, std::span<const message_ptr> messages) {
  const auto last = messages.back()->seq;
  const bool plain = std::ranges::all_of(messages, is_plain);
  out = plain ? many_messages : changed_messages;
  for (const auto& m : messages) {
    append_varint(out, static_cast<std::uint32_t>(last - m->seq));
    if (!plain) append_change(out, *m);
    append_number(out, static_cast<std::uint64_t>(m->timestamp_ms));
    append_text(out, m->sender);
    append_text(out, m->author);
    append_text(out, m->client_id);
    append_text(out, m->text);
  }
}

void encode(std::string& out, const room_definition& room) {
  out = any_room;
  append_number(out, room.participants_max);
  append_number(out, static_cast<std::uint64_t>(room.created_ms));
  append_number(out, static_cast<std::uint8_t>(room.is_private));
  append_text(out, room.name);
  append_text(out, room.description);
  append_varint(out, static_cast<std::uint32_t>(room.members.size()));
  for (const auto& member : room.members) append_text(out, member);
}

void encode(std::string& out, const session_record& session) {
  out = any_session;
  append_number(out, static_cast<std::uint8_t>(session.transport));
  append_number(out, static_cast<std::uint8_t>(session.kind));
  append_number(out, static_cast<std::uint8_t>(session.may));
  append_number(out, static_cast<std::uint8_t>(session.state));
  append_number(out, static_cast<std::uint8_t>(session.end));
  append_number(out, session.reconnects);
  append_number(out, session.delivered);
  for (const auto time :
       {session.created_ms, session.connected_ms, session.last_activity_ms, session.ended_ms})
    append_number(out, static_cast<std::uint64_t>(time));
  append_number(out, session.sent);
  append_number(out, session.received);
  append_text(out, session.session_id);
  append_text(out, session.room_id);
  append_text(out, session.user_id);
  append_text(out, session.nickname);
  for (const auto& token : session.used) {
    append_text(out, token.id);
    append_number(out, static_cast<std::uint64_t>(token.expires_s));
  }
}

void encode(std::string& out, const kept_answer& answer) {
  out = answer_format;
  append_number(out, static_cast<std::uint64_t>(answer.kept_ms));
  append_text(out, answer.fingerprint);
  append_text(out, answer.json);
}

bool decode(std::string_view value, kept_answer& out) {
  field_reader in(value);
  std::string_view fingerprint, json;
  if (!in.take_format(answer_format) || !in.take_number(out.kept_ms) ||
      !in.take_text(fingerprint) || !in.take_text(json) || !in.at_end())
    return false;
  out.fingerprint = fingerprint;
  out.json = json;
  return true;
}

void encode(std::string& out, const stored_words& words) {
  out = words_format;
  append_number(out, words.version);
  append_number(out, words.first);
  append_number(out, static_cast<std::uint64_t>(words.oldest_ms));
  out += words.filter;
}

bool decode(std::string_view value, stored_words& out) {
  field_reader in(value);
  out.version = 0;
  if (!in.take_format(old_words) && !(in.take_format(words_format) && in.take_number(out.version)))
    return false;
  if (!in.take_number(out.first) || !in.take_number(out.oldest_ms)) return false;
  out.filter = in.rest();
  return out.first > 0 && word_filter::is_one(out.filter);
}

std::string encode_index_version(std::uint32_t version) {
  std::string out;
  append_number(out, version);
  return out;
}

void encode(std::string& out, const erasure& e) {
  out = erasure_format;
  append_number(out, e.first);
  append_number(out, e.last);
  append_number(out, static_cast<std::uint8_t>(!e.whole ? 0 : e.is_removed ? 1 : 2));
}

bool decode(std::string_view value, erasure& out) {
  field_reader in(value);
  std::uint8_t whole = 0;
  if (!in.take_format(erasure_format) || !in.take_number(out.first) || !in.take_number(out.last) ||
      !in.take_number(whole) || !in.at_end() || whole > 2 || out.first > out.last)
    return false;
  out.whole = whole > 0;
  out.is_removed = whole < 2;
  return true;
}

std::string encode_floor(sequence floor) {
  std::string out;
  append_number(out, floor);
  return out;
}

bool decode_floor(std::string_view value, sequence& out) {
  field_reader in(value);
  return in.take_number(out) && in.at_end();
}

std::shared_ptr<message> to_message(const stored_message& m) {
  auto out = std::make_shared<message>();
  out->seq = m.seq;
  out->timestamp_ms = m.timestamp_ms;
  out->sender = m.sender;
  out->author = m.author;
  out->client_id = m.client_id;
  out->text = m.text;
  out->kind = m.kind;
  out->target = m.target;
  out->changed_by = m.changed_by;
  out->changed_ms = m.changed_ms;
  return out;
}

message_reader::message_reader(std::string_view value, sequence last) : in_(value), last_(last) {
  if (in_.take_format(many_messages))
    layout_ = layout::many;
  else if (in_.take_format(changed_messages))
    layout_ = layout::changed;
  else if (in_.take_format(one_message))
    layout_ = layout::one;
}

bool message_reader::take_change(stored_message& out) {
  out.kind = message_kind::said;
  out.target = out.changed_by = 0;
  out.changed_ms = 0;
  if (layout_ != layout::changed || in_.take_format(unchanged)) return true;
  has_change_ = true;
  if (in_.take_format(changed))
    return in_.take_number(out.changed_by) && in_.take_number(out.changed_ms) &&
           out.changed_by > out.seq;
  if (in_.take_format(an_edit))
    out.kind = message_kind::edit;
  else if (in_.take_format(a_deletion))
    out.kind = message_kind::deletion;
  else
    return false;
  return in_.take_number(out.target) && out.target > 0 && out.target < out.seq;
}

message_reader::outcome message_reader::next(stored_message& out) {
  if (layout_ == layout::none) return outcome::damaged;
  if (before_ == last_) {
    const bool is_its_layout = layout_ != layout::changed || has_change_;
    return in_.at_end() && is_its_layout ? outcome::end : outcome::damaged;
  }
  std::uint64_t behind = 0;
  if (layout_ != layout::one && !in_.take_varint(behind)) return outcome::damaged;
  if (behind >= last_ - before_) return outcome::damaged;
  out.seq = before_ = last_ - behind;
  const bool whole = take_change(out) && in_.take_number(out.timestamp_ms) &&
                     in_.take_text(out.sender) && in_.take_text(out.author) &&
                     in_.take_text(out.client_id) && in_.take_text(out.text);
  return whole ? outcome::some : outcome::damaged;
}

bool decode(std::string_view value, room_definition& out) {
  field_reader in(value);
  const bool is_any = in.take_format(any_room);
  std::uint8_t is_private = 0;
  std::string_view name, description;
  if (!is_any && !in.take_format(public_room)) return false;
  if (!in.take_number(out.participants_max) || !in.take_number(out.created_ms)) return false;
  if (is_any && (!in.take_number(is_private) || is_private > 1)) return false;
  if (!in.take_text(name) || !in.take_text(description)) return false;
  out.is_private = is_private == 1;
  out.name = name;
  out.description = description;
  out.members.clear();
  std::uint64_t count = 0;
  if (is_any && !in.take_varint(count)) return false;
  for (; count > 0; --count) {
    std::string_view member;
    if (!in.take_text(member)) return false;
    out.members.emplace_back(member);
  }
  return in.at_end();
}

bool decode(std::string_view value, session_record& out) {
  field_reader in(value);
  std::uint8_t transport = 0;
  std::uint8_t kind = 0;
  auto may = static_cast<std::uint8_t>(scope::write);
  std::uint8_t state = 0;
  std::uint8_t end = 0;
  std::string_view session_id, room_id, user_id, nickname;
  if (in.take_format(any_session)
          ? !in.take_number(transport) || !in.take_number(kind) || !in.take_number(may)
          : !in.take_format(human_on_websocket))
    return false;
  const bool whole = in.take_number(state) && in.take_number(end) &&
                     in.take_number(out.reconnects) && in.take_number(out.delivered) &&
                     in.take_number(out.created_ms) && in.take_number(out.connected_ms) &&
                     in.take_number(out.last_activity_ms) && in.take_number(out.ended_ms) &&
                     in.take_number(out.sent) && in.take_number(out.received) &&
                     in.take_text(session_id) && in.take_text(room_id) && in.take_text(user_id) &&
                     in.take_text(nickname);
  if (!whole || transport > static_cast<std::uint8_t>(session_transport::sse) ||
      kind > static_cast<std::uint8_t>(participant_kind::agent) ||
      may > static_cast<std::uint8_t>(scope::admin) ||
      state > static_cast<std::uint8_t>(session_state::expired) ||
      end > static_cast<std::uint8_t>(ended_by::error))
    return false;
  out.transport = static_cast<session_transport>(transport);
  out.kind = static_cast<participant_kind>(kind);
  out.may = static_cast<scope>(may);
  out.state = static_cast<session_state>(state);
  out.end = static_cast<ended_by>(end);
  out.session_id = session_id;
  out.room_id = room_id;
  out.user_id = user_id;
  out.nickname = nickname;
  out.used.clear();
  while (!in.at_end()) {
    std::string_view id;
    std::int64_t expires_s = 0;
    if (!in.take_text(id) || !in.take_number(expires_s)) return false;
    out.used.push_back({std::string(id), expires_s});
  }
  return true;
}

}  // namespace chat::codec
