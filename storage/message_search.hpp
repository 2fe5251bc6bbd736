#pragma once
// Looks for words in the messages of some rooms, a slice at a time, the newest first.
//
// Order: by time, then by room, then by sequence, from the newest on. A room's own order comes
// first: a message counts as no younger than those that came after it, whatever the clock did.
// Every room is a walk from its newest message down; the one that may have the youngest next goes
// on. A stretch whose filter denies a word is passed over (word_index.hpp), everything else is
// read.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/failure.hpp"
#include "model/limits.hpp"
#include "model/message.hpp"
#include "model/words.hpp"

namespace chat {

class store;

/// A place in the order of a search.
struct search_position {
  std::int64_t time_ms = 0;
  std::string room_id;
  sequence seq = 0;
};

struct search_query {
  std::vector<search_word> words;  ///< 1 to search_words_max; a message has all of them
  std::size_t limit = 0;
  std::optional<search_position> after = {};  ///< what comes behind it
  std::size_t bytes_max = limits::search_bytes_max;
  std::int64_t chars_max = std::numeric_limits<std::int64_t>::max();  ///< but one message comes
};

struct search_page {
  struct item {
    std::string room_id;
    message_ptr what;
  };
  std::vector<item> messages;
  /// Where the next page begins; nothing: there is none. Taking it up again, a search misses
  /// nothing that was there, and repeats nothing unless the clock was set back meanwhile.
  std::optional<search_position> next;
  bool ended_early = false;  ///< it read bytes_max, or had no more time
  struct lost {
    std::string room_id;
    failure why;
  };
  std::vector<lost> unreadable;  ///< rooms of which this or an older part could not be read
};

/// One search. Thread: any, one at a time.
class message_search {
 public:
  /// `rooms`: each once. What is said later may be found or not.
  message_search(std::shared_ptr<const store> db, std::vector<std::string> rooms,
                 search_query query);
  ~message_search();

  /// Reads about search_slice_bytes more. Answers whether the page is complete. A failure only
  /// where the store cannot be read at all.
  result<bool> go_on();
  /// Makes the page one that ends here. False when not even its beginning was found yet.
  bool end_early();
  search_page take() { return std::move(page_); }

 private:
  struct hit {
    std::int64_t time_ms = 0;
    message_ptr what;
  };
  /// A room on its way down. Its next message is `hits.back()`, or none above `at` and younger
  /// than `time_ms`.
  struct walk {
    const std::string* room_id = nullptr;
    sequence at = 0;           ///< the newest message not looked at; 0: there is none
    std::int64_t time_ms = 0;  ///< the smallest timestamp so far
    std::vector<hit> hits;     ///< found and not taken, the youngest last
  };
  class reader;  // of the store

  static bool comes_later(const walk& a, const walk& b);
  bool is_behind_start(const walk& w, sequence seq) const;
  /// Whether the page has no room for one more.
  bool is_full_before(const message& next) const;
  void take_next(walk& w);
  /// Goes on to the next stretch, or by one part of what is in none. Answers the bytes read.
  result<std::size_t> step(reader& in, walk& w) const;
  result<std::size_t> read_down(reader& in, walk& w, sequence first, std::size_t bytes_max) const;
  /// Answers whether the entry was read whole, or too much was found.
  result<bool> read_entry(reader& in, walk& w) const;

  std::shared_ptr<const store> db_;
  std::vector<std::string> rooms_;
  search_query query_;
  std::vector<walk> walks_;  // a heap, the one with the youngest on top
  std::size_t hits_max_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t chars_ = 0;         // on the page
  std::int64_t last_time_ms_ = 0;  // of the message taken last
  search_page page_;
};

}  // namespace chat
