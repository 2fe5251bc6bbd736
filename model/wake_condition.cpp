#include "model/wake_condition.hpp"

#include "model/text.hpp"

namespace chat {

namespace {

// Both folded. Who writes the nickname with its @ means the same.
bool mentions(const std::string& text, const std::string& nickname) {
  const auto wanted = nickname.size() > 1 && nickname[0] == '@' ? nickname : '@' + nickname;
  const std::string_view all(text);
  for (auto at = all.find(wanted); at != std::string::npos; at = all.find(wanted, at + 1)) {
    const auto end = at + wanted.size();
    // Behind a letter it is no mention but a mail address.
    if (is_word_boundary(all.substr(0, at), "a") &&
        is_word_boundary(all.substr(0, end), all.substr(end)))
      return true;
  }
  return false;
}

// Both folded. Half a character is none: not the e of an e with marks of its own.
bool has(const std::string& text, const std::string& part) {
  const std::string_view all(text);
  for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) {
    auto behind = all.substr(at + part.size());
    if (behind.empty() || kind_of(take_character(behind)) != char_kind::mark) return true;
  }
  return false;
}

}  // namespace

bool wake_condition::is_met_by(const message& m) const {
  if (m.kind != message_kind::said || m.is_deleted()) return false;
  if (!from.empty() && fold_text(m.sender) != fold_text(from)) return false;
  if (mention.empty() && contains.empty()) return true;
  const auto text = fold_text(m.text);
  return (mention.empty() || mentions(text, fold_text(mention))) &&
         (contains.empty() || has(text, fold_text(contains)));
}

}  // namespace chat
