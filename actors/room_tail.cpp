#include "actors/room_tail.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/limits.hpp"

namespace chat {

void room_tail::load(std::vector<message_ptr> messages, bool complete, sequence removed) {
  removed_ = removed;
  if (!complete && !messages.empty()) begin_ = messages.front()->seq;
  for (auto& m : messages) push(std::move(m));
}

void room_tail::push(message_ptr m) {
  bytes_ += m->bytes();
  messages_.push_back(std::move(m));
  while (bytes_ > limits::room_tail_bytes_max ||
         messages_.size() > limits::room_tail_messages_max) {
    bytes_ -= messages_.front()->bytes();
    before_ = messages_.front()->seq;
    begin_ = before_ + 1;
    messages_.pop_front();
  }
}

message_ptr room_tail::find(sequence seq) const {
  const auto found = std::ranges::lower_bound(messages_, seq, {}, &message::seq);
  return found != messages_.end() && (*found)->seq == seq ? *found : nullptr;
}

void room_tail::replace(message_ptr changed) {
  const auto found = std::ranges::lower_bound(messages_, changed->seq, {}, &message::seq);
  if (found == messages_.end() || (*found)->seq != changed->seq) return;
  bytes_ += changed->bytes();
  bytes_ -= (*found)->bytes();
  *found = std::move(changed);
}

void room_tail::supersede(const message& change) {
  for (auto& m : messages_) {
    if (m->kind != message_kind::edit || m->target != change.target || m->seq >= change.seq ||
        m->text.empty())
      continue;
    auto blank = std::make_shared<message>(*m);
    bytes_ -= m->text.size();
    blank->text.clear();
    m = std::move(blank);
  }
}

void room_tail::drop(sequence committed) {
  before_ = committed;
  begin_ = committed + 1;
  bytes_ = 0;
  messages_ = {};
}

std::optional<sequence> room_tail::newest_up_to(sequence seq) const {
  const auto next = std::ranges::upper_bound(messages_, seq, {}, &message::seq);
  if (next != messages_.begin()) return (*std::prev(next))->seq;
  if (before_ > 0 && before_ <= seq) return before_;
  if (begin_ == 1) return 0;
  return std::nullopt;
}

void room_tail::mark(history_page& page, sequence at) const {
  if (const auto known = newest_up_to(at)) mark_position(page, at, *known, removed_);
}

history_page room_tail::page(sequence after, std::size_t limit) const {
  const auto begin = std::ranges::upper_bound(messages_, after, {}, &message::seq);
  const auto held = static_cast<std::size_t>(messages_.end() - begin);
  const auto count = std::min(held, limit);
  history_page found{{begin, begin + static_cast<std::ptrdiff_t>(count)}, held > count};
  mark(found, after);
  return found;
}

std::optional<history_page> room_tail::back(sequence before, std::size_t limit) const {
  const auto end = std::ranges::lower_bound(messages_, before, {}, &message::seq);
  const auto held = static_cast<std::size_t>(end - messages_.begin());
  if (held <= limit && begin_ > 1) return std::nullopt;
  const auto count = std::min(held, limit);
  return history_page{{end - static_cast<std::ptrdiff_t>(count), end}, held > count};
}

history_page room_tail::newest(sequence after) const {
  auto begin = messages_.end();
  std::size_t bytes = 0;
  for (std::size_t count = 0; begin != messages_.begin() && count < limits::catch_up_max; ++count) {
    const auto& before = **std::prev(begin);
    if (before.seq <= after || (bytes += before.bytes()) > limits::catch_up_bytes_max) break;
    --begin;
  }
  history_page found{{begin, messages_.end()},
                     begin != messages_.begin() && (*std::prev(begin))->seq > after};
  mark(found, after);
  return found;
}

}  // namespace chat
