#include "actors/known_posts.hpp"

#include "model/limits.hpp"

namespace chat {

namespace {

// Neither part holds a line break: authors are ours, and what follows the first one is the id.
std::string key_of(const message& m) { return m.author + '\n' + m.client_id; }

}  // namespace

const known_posts::entry* known_posts::find(const message& m) const {
  if (m.client_id.empty()) return nullptr;
  const auto found = posts_.find(key_of(m));
  return found == posts_.end() ? nullptr : &found->second;
}

void known_posts::remember(const message& m, sequence seq) {
  if (m.client_id.empty()) return;
  const auto [post, is_new] = posts_.try_emplace(key_of(m));
  post->second = {seq, m.timestamp_ms, {}};
  if (m.changed_by == 0) post->second.text_hash = hash(m.text);
  if (!is_new) return;
  order_.push_back(post->first);
  if (order_.size() <= limits::room_client_ids_max) return;
  posts_.erase(order_.front());
  order_.pop_front();
}

void known_posts::forget(const message& m) {
  if (m.client_id.empty()) return;
  const auto key = key_of(m);
  if (posts_.erase(key) > 0) std::erase(order_, key);
}

}  // namespace chat
