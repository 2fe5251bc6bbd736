#include "model/ids.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "model/base64url.hpp"
#include "model/limits.hpp"

namespace chat {

namespace {

constexpr std::size_t message_id_digits = 16;
constexpr std::string_view session_prefix = "sess-";
constexpr std::size_t token_id_chars = 22;

// Random bytes are drawn in blocks: a system call for each id would show at 10,000 handoffs/s.
void fill_random(unsigned char* out, std::size_t size) {
  thread_local std::array<unsigned char, 4096> pool;
  thread_local std::size_t used = pool.size();
  if (pool.size() - used < size) {
    std::size_t have = 0;
    while (have < pool.size()) {
      const auto n = getrandom(pool.data() + have, pool.size() - have, 0);
      // Without randomness there are no secrets: nothing sensible is left to do.
      if (n < 0 && errno != EINTR) std::abort();
      if (n > 0) have += static_cast<std::size_t>(n);
    }
    used = 0;
  }
  std::copy_n(pool.data() + used, size, out);
  std::fill_n(pool.data() + used, size, 0);  // handed out once, kept nowhere
  used += size;
}

std::string random_text(std::size_t chars, std::string_view alphabet) {
  // The alphabets have 16 or 64 letters, so a byte's low bits choose one without bias.
  std::array<unsigned char, 64> bytes;
  fill_random(bytes.data(), chars);
  std::string out(chars, '\0');
  for (std::size_t i = 0; i < chars; ++i) out[i] = alphabet[bytes[i] % alphabet.size()];
  return out;
}

constexpr std::string_view hex = "0123456789abcdef";

}  // namespace

bool is_room_id(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  // In a URL these two are steps, not names (RFC 3986, 5.2.4): no browser could connect.
  return text != "." && text != ".." && !text.empty() && text.size() <= limits::room_id_chars_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

void append_message_id(std::string& out, sequence seq) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seq).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  out += 'm';
  out.append(message_id_digits - std::min(count, message_id_digits), '0');
  out.append(digits.data(), count);
}

std::string format_message_id(sequence seq) {
  std::string out;
  append_message_id(out, seq);
  return out;
}

std::optional<sequence> parse_message_id(std::string_view text) {
  if (text.size() != message_id_digits + 1 || text[0] != 'm') return std::nullopt;
  sequence seq = 0;
  const auto [end, ec] = std::from_chars(text.data() + 1, text.data() + text.size(), seq);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seq;
}

std::string new_session_id() { return std::string(session_prefix) + random_text(24, hex); }

std::string new_subscription_id() { return "hook-" + random_text(24, hex); }

std::string new_webhook_secret() { return "whsec-" + random_text(64, hex); }

std::string new_token_id() { return random_text(token_id_chars, base64url_alphabet); }

std::string new_trace_id() { return random_text(32, hex); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

// By hand: a page of fifty messages has fifty of them, and strftime takes a microsecond each. Most
// lie in the second of the one before.
void append_time(std::string& out, std::int64_t epoch_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> when{milliseconds(epoch_ms)};
  thread_local sys_seconds known{};
  thread_local std::string text = "1970-01-01T00:00:00.000Z";
  const auto put = [](std::size_t end, std::int64_t value, int digits) {
    for (; digits > 0; --digits, value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  const auto second = floor<seconds>(when);
  if (second != known) {
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss time(second - day);
    put(4, int{date.year()}, 4);
    put(7, unsigned{date.month()}, 2);
    put(10, unsigned{date.day()}, 2);
    put(13, time.hours().count(), 2);
    put(16, time.minutes().count(), 2);
    put(19, time.seconds().count(), 2);
    known = second;
  }
  put(23, (when - second).count(), 3);
  out += text;
}

std::string format_time(std::int64_t epoch_ms) {
  std::string out;
  append_time(out, epoch_ms);
  return out;
}

std::int64_t wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace chat
