#include "model/wake_condition.hpp"

#include "model/unicode.hpp"

namespace chat {

namespace {

// Bytes of other alphabets are letters, too.
bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Who writes the nickname with its @ means the same.
bool mentions(const std::string& text, const std::string& nickname) {
  const auto wanted = nickname.size() > 1 && nickname[0] == '@' ? nickname : '@' + nickname;
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    const auto end = at + wanted.size();
    const bool begins = at == 0 || !is_of_a_word(text[at - 1]);
    if (begins && (end == text.size() || !is_of_a_word(text[end]))) return true;
  }
  return false;
}

}  // namespace

bool wake_condition::is_met_by(const message& m) const {
  if (m.kind != message_kind::said || m.is_deleted()) return false;
  if (!from.empty() && ascii_lower(m.sender) != ascii_lower(from)) return false;
  if (mention.empty() && contains.empty()) return true;
  const auto text = ascii_lower(m.text);
  return (mention.empty() || mentions(text, ascii_lower(mention))) &&
         (contains.empty() || text.find(ascii_lower(contains)) != std::string::npos);
}

}  // namespace chat
