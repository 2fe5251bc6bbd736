#pragma once
// What the fuzzers share: promises, input cut into pieces, and JSON taken from answers.
//
// A fuzzer is one function that libFuzzer calls with input of its own making. It states what has to
// hold for every input; the sanitizers watch the rest. Nothing in it depends on anything else, so
// that an input that was found can be run again.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/json_reader.hpp"

/// Each fuzzer's one way in. What it returns says that the input may be kept.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace chat::fuzz {

/// Ends the run when it is not `kept`: libFuzzer keeps the input that did it.
inline void promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "\nbroken promise: %s\n", what);
  std::abort();
}

/// The same of two texts, which are shown when they differ.
inline void promise_same(std::string_view a, std::string_view b, const char* what) {
  if (a == b) return;
  std::fprintf(stderr, "\nonce:  %.*s\nagain: %.*s", static_cast<int>(a.size()), a.data(),
               static_cast<int>(b.size()), b.data());
  promise(false, what);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Numbers that look random and are always the same for the same input.
class dice {
 public:
  /// FNV-1a of the input.
  explicit dice(std::string_view input) {
    for (const char c : input) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  /// 0 .. sides - 1.
  std::size_t roll(std::size_t sides) {
    state_ ^= state_ << 13;  // xorshift64
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return sides == 0 ? 0 : state_ % sides;
  }
  /// The size of a piece as networks bring them: a few bytes as likely as thousands.
  std::size_t piece() { return 1 + roll(std::size_t{1} << roll(13)); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

/// `json` as the parser writes it: without spaces, escapes one way. Empty when it is not JSON.
inline std::string minified(std::string_view json) {
  const auto root = parse_json(json);
  return root ? simdjson::minify(*root) : std::string();
}

/// The value at a JSON pointer, minified; empty without one.
inline std::string value_at(std::string_view json, std::string_view pointer) {
  const auto root = parse_json(json);
  simdjson::dom::element value;
  if (!root || root->at_pointer(pointer).get(value)) return {};
  return simdjson::minify(value);
}

}  // namespace chat::fuzz
