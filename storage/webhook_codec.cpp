// Webhooks as keys and values (codec.hpp):
//
//   webhook-value = 0x01 may:u8 events:u32 created_ms:u64 expires_ms:u64 done:u64 batch_first:u64
//                   batch_last:u64 attempts:u32 failing_since_ms:u64 next_attempt_ms:u64
//                   delivered:u64 delivered_ms:u64 ended_ms:u64 subscription_id room_id user_id url
//                   secret delivery_id error ended_because dead*
//   dead          = first:u64 last:u64 messages:u32 attempts:u32 failed_ms:u64 replays:u8 error

#include "storage/codec.hpp"

namespace chat::codec {

namespace {

constexpr char webhook_format = 1;
constexpr char webhook_prefix = 'W';

}  // namespace

void encode_webhook_key(std::string& out, std::uint64_t number) {
  out = webhook_prefix;
  append_number(out, number);
}

bool is_webhook_key(std::string_view key) { return !key.empty() && key[0] == webhook_prefix; }

std::uint64_t number_of_webhook_key(std::string_view key) {
  std::uint64_t number = 0;
  if (!is_webhook_key(key) || key.size() != 1 + sizeof(number)) return 0;
  field_reader(key.substr(1)).take_number(number);
  return number;
}

void encode(std::string& out, const webhook_record& hook) {
  const auto time = [&out](std::int64_t ms) { append_number(out, static_cast<std::uint64_t>(ms)); };
  out = webhook_format;
  append_number(out, static_cast<std::uint8_t>(hook.may));
  append_number(out, hook.events);
  time(hook.created_ms);
  time(hook.expires_ms);
  append_number(out, hook.done);
  append_number(out, hook.batch_first);
  append_number(out, hook.batch_last);
  append_number(out, hook.attempts);
  time(hook.failing_since_ms);
  time(hook.next_attempt_ms);
  append_number(out, hook.delivered);
  time(hook.delivered_ms);
  time(hook.ended_ms);
  for (const auto* text : {&hook.subscription_id, &hook.room_id, &hook.user_id, &hook.url,
                           &hook.secret, &hook.delivery_id, &hook.error, &hook.ended_because})
    append_text(out, *text);
  for (const auto& letter : hook.dead) {
    append_number(out, letter.first);
    append_number(out, letter.last);
    append_number(out, letter.messages);
    append_number(out, letter.attempts);
    time(letter.failed_ms);
    append_number(out, static_cast<std::uint8_t>(letter.replays));
    append_text(out, letter.error);
  }
}

bool decode(std::string_view value, webhook_record& out) {
  field_reader in(value);
  std::uint8_t may = 0;
  const bool numbers = in.take_format(webhook_format) && in.take_number(may) &&
                       in.take_number(out.events) && in.take_number(out.created_ms) &&
                       in.take_number(out.expires_ms) && in.take_number(out.done) &&
                       in.take_number(out.batch_first) && in.take_number(out.batch_last) &&
                       in.take_number(out.attempts) && in.take_number(out.failing_since_ms) &&
                       in.take_number(out.next_attempt_ms) && in.take_number(out.delivered) &&
                       in.take_number(out.delivered_ms) && in.take_number(out.ended_ms);
  if (!numbers || may > static_cast<std::uint8_t>(scope::admin)) return false;
  out.may = static_cast<scope>(may);
  for (auto* text : {&out.subscription_id, &out.room_id, &out.user_id, &out.url, &out.secret,
                     &out.delivery_id, &out.error, &out.ended_because}) {
    std::string_view found;
    if (!in.take_text(found)) return false;
    *text = found;
  }
  out.dead.clear();
  while (!in.at_end()) {
    dead_letter letter;
    std::uint8_t replays = 0;
    std::string_view error;
    const bool whole = in.take_number(letter.first) && in.take_number(letter.last) &&
                       in.take_number(letter.messages) && in.take_number(letter.attempts) &&
                       in.take_number(letter.failed_ms) && in.take_number(replays) &&
                       in.take_text(error);
    if (!whole || replays > 1) return false;
    letter.replays = replays == 1;
    letter.error = error;
    out.dead.push_back(std::move(letter));
  }
  return true;
}

}  // namespace chat::codec
