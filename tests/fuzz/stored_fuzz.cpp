// Keys and values as a damaged store may hold them. What is not refused is exactly what the encoder
// makes of it again: nothing is read into bytes that the node cannot have written.

#include <vector>

#include "storage/codec.hpp"
#include "storage/word_filter.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat {

namespace {

using fuzz::promise;
using fuzz::promise_same;

// Reads all messages of a value; nothing when any of it is damaged.
std::vector<message_ptr> messages_of(std::string_view value, sequence last) {
  std::vector<message_ptr> messages;
  codec::message_reader reader(value, last);
  codec::stored_message m;
  for (;;) {
    switch (reader.next(m)) {
      case codec::message_reader::outcome::damaged:
        return {};
      case codec::message_reader::outcome::end:
        promise(!messages.empty() && messages.back()->seq == last,
                "the last message is the one of the key");
        return messages;
      case codec::message_reader::outcome::some:
        promise(m.seq > (messages.empty() ? 0 : messages.back()->seq), "messages ascend");
        messages.push_back(codec::to_message(m));
    }
  }
}

void check_messages(std::string_view value, sequence last) {
  const auto messages = messages_of(value, last);
  if (messages.empty()) return;
  std::string again;
  codec::encode(again, messages);
  if (value[0] == again[0]) return promise_same(value, again, "messages are written as they stood");
  // The format of schema 1 is read only: in today's it says the same.
  const auto read = messages_of(again, last);
  promise(messages.size() == 1 && read.size() == 1, "an old value is one message");
  std::string once_more;
  codec::encode(once_more, read);
  promise_same(again, once_more, "an old message is written as a new one");
}

template <class Value>
void check_value(std::string_view bytes, const char* what) {
  Value value;
  if (!codec::decode(bytes, value)) return;
  std::string again;
  codec::encode(again, value);
  if (bytes[0] == again[0]) return promise_same(bytes, again, what);
  // An older format is read only: in today's it says the same.
  Value read;
  promise(codec::decode(again, read), what);
  std::string once_more;
  codec::encode(once_more, read);
  promise_same(again, once_more, what);
}

void check_words(std::string_view bytes) {
  codec::stored_words words;
  if (!codec::decode(bytes, words)) return;
  std::string again;
  codec::encode(again, words);
  // Those of an older format are read only.
  if (bytes[0] == again[0]) promise_same(bytes, again, "words are written as they stood");
  (void)word_filter::may_have(words.filter, {"word", true});
}

void check_keys(std::string_view key) {
  std::string again;
  const std::string_view room = "general";
  if (const auto seq = codec::sequence_of_key(key, room)) {
    codec::encode_message_key(again, room, seq);
    promise_same(key, again, "a message key names one message");
    promise(codec::is_message_key(key) && key < codec::messages_end(room), "within its room");
  }
  if (const auto last = codec::sequence_of_words_key(key, room)) {
    codec::encode_words_key(again, room, last);
    promise_same(key, again, "a words key names one stretch");
    promise(codec::is_words_key(key) && codec::room_of_key(key) == room, "of its room");
  }
  if (const auto number = codec::number_of_key(key)) {
    codec::encode_session_key(again, number);
    promise_same(key, again, "a session key names one session");
    promise(key >= codec::sessions_begin && key < codec::sessions_end, "among the sessions");
  }
  if (const auto number = codec::number_of_webhook_key(key)) {
    codec::encode_webhook_key(again, number);
    promise_same(key, again, "a webhook key names one webhook");
    promise(key >= codec::webhooks_begin && key < codec::webhooks_end, "among the webhooks");
  }
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto input = fuzz::text_of(data, size);
  for (const sequence last : {sequence{1}, sequence{3}, sequence{1} << 40})
    check_messages(input, last);
  check_value<room_definition>(input, "a room is written as it stood");
  check_value<session_record>(input, "a session is written as it stood");
  check_value<webhook_record>(input, "a webhook is written as it stood");
  check_words(input);
  check_keys(input);
  return 0;
}
