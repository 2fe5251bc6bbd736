#include "storage/message_search.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <shared_mutex>

#include "model/limits.hpp"
#include "model/page_chars.hpp"
#include "storage/store_impl.hpp"
#include "storage/word_filter.hpp"

namespace chat {

namespace {

/// Of what is in no stretch, this much is a step.
constexpr std::size_t part_bytes = 64 * 1024;
/// What a seek costs, in bytes read.
constexpr std::size_t seek_bytes = 4 * 1024;
/// What is kept of all rooms besides what is asked for: messages of up to 12 KB.
constexpr std::size_t hits_kept_max = 2'000;
constexpr auto no_time = std::numeric_limits<std::int64_t>::max();

std::unique_ptr<rocksdb::Iterator> make_search_iterator(rocksdb::DB& db) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // what is searched is not what is read
  return std::unique_ptr<rocksdb::Iterator>(db.NewIterator(options));
}

}  // namespace

/// The store as a slice sees it.
class message_search::reader {
 public:
  explicit reader(const store::impl& of)
      : directory(of.directory),
        lock_(of.db_mutex),
        entries(of.db ? make_search_iterator(*of.db) : nullptr),
        stretches(of.db ? make_search_iterator(*of.db) : nullptr) {}

  const std::filesystem::path& directory;

 private:
  std::shared_lock<std::shared_mutex> lock_;

 public:
  const std::unique_ptr<rocksdb::Iterator> entries, stretches;
  std::string key;
};

message_search::message_search(std::shared_ptr<const store> db, std::vector<std::string> rooms,
                               search_query query)
    : db_(std::move(db)), rooms_(std::move(rooms)), query_(std::move(query)) {
  hits_max_ = std::clamp<std::size_t>(hits_kept_max / std::max<std::size_t>(rooms_.size(), 1), 1,
                                      query_.limit + 1);
  for (const auto& room_id : rooms_) {
    walk w{&room_id, std::numeric_limits<sequence>::max(), no_time, {}};
    if (query_.after && query_.after->room_id == room_id) {
      w.at = query_.after->seq > 0 ? query_.after->seq - 1 : 0;
      w.time_ms = query_.after->time_ms;
    }
    walks_.push_back(std::move(w));
  }
  std::ranges::make_heap(walks_, comes_later);
}

message_search::~message_search() = default;

// For a heap, whose top is what comes later than none.
bool message_search::comes_later(const walk& a, const walk& b) {
  const auto time_of = [](const walk& w) {
    return w.hits.empty() ? w.time_ms : w.hits.back().time_ms;
  };
  const auto time_a = time_of(a);
  const auto time_b = time_of(b);
  return time_a != time_b ? time_a < time_b : *a.room_id > *b.room_id;
}

// Whether the room's message, now that its walk has come down to it, belongs to this page or a
// later one.
bool message_search::is_behind_start(const walk& w, sequence seq) const {
  if (!query_.after) return true;
  const auto& start = *query_.after;
  if (*w.room_id == start.room_id) return seq < start.seq;
  return w.time_ms != start.time_ms ? w.time_ms < start.time_ms : *w.room_id > start.room_id;
}

result<bool> message_search::go_on() {
  reader in(*db_->impl_);
  if (!in.entries) return db_->impl_->fail_closed();
  for (std::size_t slice = 0; slice < limits::search_slice_bytes;) {
    if (walks_.empty()) return true;
    const auto& top = walks_.front();
    if (!top.hits.empty() && is_full_before(*top.hits.back().what)) {  // there is one more
      page_.next = search_position{last_time_ms_, page_.messages.back().room_id,
                                   page_.messages.back().what->seq};
      return true;
    }
    // On the way to where the page begins it costs nothing, else some pages were never reached.
    const bool counts = top.time_ms != no_time && is_behind_start(top, top.at);
    if (top.hits.empty() && top.at > 0 && counts && bytes_ >= query_.bytes_max) return end_early();
    std::ranges::pop_heap(walks_, comes_later);
    auto& w = walks_.back();
    if (!w.hits.empty()) {
      take_next(w);
    } else if (w.at == 0) {
      walks_.pop_back();
      continue;
    } else if (const auto bytes = step(in, w)) {
      slice += *bytes;
      if (counts) bytes_ += *bytes;
    } else {
      page_.unreadable.push_back({*w.room_id, bytes.error()});
      walks_.pop_back();
      continue;
    }
    std::ranges::push_heap(walks_, comes_later);
  }
  return false;
}

bool message_search::is_full_before(const message& next) const {
  if (page_.messages.empty()) return false;
  return page_.messages.size() == query_.limit || chars_ + page_chars_of(next) > query_.chars_max;
}

bool message_search::end_early() {
  if (walks_.empty()) return true;
  const auto& top = walks_.front();
  if (!is_behind_start(top, top.at)) return false;
  const auto next = top.hits.empty() ? top.at : top.hits.back().what->seq;
  const auto time_ms = top.hits.empty() ? top.time_ms : top.hits.back().time_ms;
  if (time_ms == no_time) return false;
  page_.next = search_position{time_ms, *top.room_id, next + 1};
  return page_.ended_early = true;
}

void message_search::take_next(walk& w) {
  auto& hit = w.hits.back();
  last_time_ms_ = hit.time_ms;
  chars_ += page_chars_of(*hit.what);
  page_.messages.push_back({*w.room_id, std::move(hit.what)});
  w.hits.pop_back();
}

result<std::size_t> message_search::step(reader& in, walk& w) const {
  auto& it = *in.stretches;
  codec::encode_words_key(in.key, *w.room_id, w.at);
  it.Seek(in.key);
  auto last = it.Valid() ? codec::sequence_of_words_key(it.key().ToStringView(), *w.room_id) : 0;
  codec::stored_words words;
  if (last > 0 && !codec::decode(it.value().ToStringView(), words))
    return damaged(in.directory, "the words of room " + *w.room_id + " are unreadable");
  if (!it.status().ok()) return describe(it.status(), in.directory);
  if (last > 0 && words.first <= w.at) {
    const auto bytes = it.value().size() + seek_bytes;
    // All of it lies before the page, or lacks a word.
    const auto oldest_ms = std::min(w.time_ms, words.oldest_ms);
    const bool is_before =
        query_.after && *w.room_id != query_.after->room_id && oldest_ms > query_.after->time_ms;
    // What an older version of this program took for words says nothing.
    const bool may_have = words.version != words_version() ||
                          std::ranges::all_of(query_.words, [&](const auto& word) {
                            return word_filter::may_have(words.filter, word);
                          });
    if (is_before || !may_have) {
      w.time_ms = oldest_ms;
      w.at = words.first - 1;
      return bytes;
    }
    auto read = read_down(in, w, words.first, std::numeric_limits<std::size_t>::max());
    if (read) *read += bytes;
    return read;
  }
  codec::encode_words_key(in.key, *w.room_id, w.at);
  it.SeekForPrev(in.key);
  last = it.Valid() ? codec::sequence_of_words_key(it.key().ToStringView(), *w.room_id) : 0;
  if (!it.status().ok()) return describe(it.status(), in.directory);
  return read_down(in, w, last + 1, part_bytes);
}

// Reads entries from `at` down to the one that has `first`, or until it has read, or found, enough.
result<std::size_t> message_search::read_down(reader& in, walk& w, sequence first,
                                              std::size_t bytes_max) const {
  auto& it = *in.entries;
  std::size_t bytes = seek_bytes;
  codec::encode_message_key(in.key, *w.room_id, w.at);
  it.Seek(in.key);
  // The first entry that may hold `at` may also be the next room's.
  if (it.status().ok() &&
      (!it.Valid() || codec::sequence_of_key(it.key().ToStringView(), *w.room_id) == 0))
    it.SeekForPrev(in.key);
  for (; it.Valid(); it.Prev()) {
    const auto last = codec::sequence_of_key(it.key().ToStringView(), *w.room_id);
    if (last < first) break;  // also where it is another room's: that has none of this room
    bytes += it.value().size();
    const auto whole = read_entry(in, w);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole || bytes >= bytes_max) return bytes;
  }
  if (!it.status().ok()) return describe(it.status(), in.directory);
  w.at = first - 1;
  return bytes;
}

result<bool> message_search::read_entry(reader& in, walk& w) const {
  std::vector<codec::stored_message> messages;
  const auto key = in.entries->key().ToStringView();
  auto read = visit_messages(in.directory, *w.room_id, key, in.entries->value().ToStringView(),
                             [&](const codec::stored_message& m) {
                               messages.push_back(m);
                               return true;
                             });
  if (!read) return read;
  for (auto one = messages.rbegin(); one != messages.rend(); ++one) {
    if (one->seq > w.at) continue;
    w.time_ms = std::min(w.time_ms, one->timestamp_ms);
    w.at = one->seq - 1;
    if (one->kind != message_kind::said) continue;  // what it changed is found as it is now
    if (!is_behind_start(w, one->seq) || !has_words(one->text, query_.words)) continue;
    w.hits.insert(w.hits.begin(), {w.time_ms, codec::to_message(*one)});
    if (w.hits.size() >= hits_max_) return false;
  }
  return true;
}

}  // namespace chat
