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
  keys_.push_back(&post->first);
  if (total_) add(*total_);
  const bool is_node_full = total_ && read(*total_) > limits::node_client_ids_max;
  forget_oldest(is_node_full ? limits::room_client_ids_min : limits::room_client_ids_max);
}

void known_posts::forget_oldest(std::size_t count_max) {
  while (keys_.size() > count_max) {
    const auto oldest = posts_.find(*keys_.front());  // not by its key, which goes with it
    keys_.pop_front();
    posts_.erase(oldest);
    if (total_) subtract(*total_);
  }
}

void known_posts::shrink() {
  if (keys_.size() <= limits::room_client_ids_min) return;
  forget_oldest(limits::room_client_ids_min);
  keys_.shrink_to_fit();
  posts_.rehash(0);
}

void known_posts::clear() { forget_oldest(0); }

void known_posts::forget(const message& m) {
  if (m.client_id.empty()) return;
  const auto found = posts_.find(key_of(m));
  if (found == posts_.end()) return;
  std::erase(keys_, &found->first);
  posts_.erase(found);
  if (total_) subtract(*total_);
}

}  // namespace chat
