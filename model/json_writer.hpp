#pragma once
// JSON output (RFC 8259), appended to a string. simdjson 3.0 only reads.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace chat {

/// Appends `text` as a JSON string with its quotes. `text` is valid UTF-8. U+2028 and U+2029 stay
/// as they are: JSON allows them, and so does every JavaScript since 2019.
void append_json_string(std::string& out, std::string_view text);

/// Writes values one after the other and puts the commas. The caller opens and closes in pairs
/// and gives every value of an object a key; nothing here checks it.
class json_writer {
 public:
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  /// `name` needs no escaping: every key is ours.
  json_writer& key(std::string_view name);

  json_writer& string(std::string_view text);
  json_writer& number(std::int64_t value);
  json_writer& number(double value);
  json_writer& boolean(bool value);
  json_writer& null() { return raw("null"); }
  /// A value that is JSON already.
  json_writer& raw(std::string_view json);

  json_writer& field(std::string_view name, std::string_view text) {
    return key(name).string(text);
  }
  json_writer& field(std::string_view name, const char* text) { return key(name).string(text); }
  json_writer& field(std::string_view name, std::same_as<bool> auto value) {
    return key(name).boolean(value);
  }
  json_writer& field(std::string_view name, double value) { return key(name).number(value); }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) json_writer& field(std::string_view name, Integer value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }

 private:
  void comma() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
  }
  json_writer& open(char bracket) {
    comma();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
  }

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace chat
