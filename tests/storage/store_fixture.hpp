#pragma once
// Stores in temporary directories, rendered as text; and disks that fail.

#include <rocksdb/db.h>
#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.hpp"
#include "tests/temporary_directory.hpp"

namespace chat::test {

namespace fs = std::filesystem;

/// A directory that goes with the test.
struct scratch_directory {
  temporary_directory made;
  fs::path path = made.path();
};

/// Stands for a disk that fails: files of this process cannot grow past `bytes`.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit low = before_;
    low.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &low);
  }
  ~file_size_limit() { lift(); }
  file_size_limit(const file_size_limit&) = delete;
  void lift() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

inline std::unique_ptr<store> open_store(const fs::path& directory,
                                         durability mode = durability::process) {
  auto opened = store::open(directory, mode);
  if (!opened) FAIL(opened.error().message);
  return std::move(*opened);
}

/// The one line an operator gets.
inline std::string refusal(const fs::path& directory) {
  const auto opened = store::open(directory, durability::process);
  REQUIRE_FALSE(opened);
  const auto& f = opened.error();
  CHECK(f.code == chat::errc::storage_unavailable);
  CHECK_FALSE(f.suggestion.empty());
  CHECK(f.message.find('\n') == std::string::npos);
  CHECK(f.message.find(directory.string()) != std::string::npos);
  return f.message;
}

inline message text_message(sequence seq, std::string text = "hello") {
  return {seq, 1'700'000'000'000 + static_cast<std::int64_t>(seq), "Ann", "sess-1", "c", text};
}

/// Adds messages to the batch, as one room's batch.
inline void stage(store& s, std::string_view room, const std::vector<message>& messages) {
  std::vector<message_ptr> shared;
  for (const auto& m : messages) shared.push_back(std::make_shared<const message>(m));
  const auto staged = s.stage_messages(room, shared);
  if (!staged) FAIL(staged.error().message);
}

inline bool commit_one(store& s, sequence seq, std::string text = "hello") {
  stage(s, "lobby", {text_message(seq, std::move(text))});
  return s.commit().has_value();
}

inline void commit_all(store& s, std::string_view room, std::initializer_list<sequence> seqs) {
  for (auto seq : seqs) stage(s, room, {text_message(seq)});
  const auto done = s.commit();
  if (!done) FAIL(done.error().message);
}

/// The same, as one batch of the room.
inline void commit_batch(store& s, std::string_view room, std::initializer_list<sequence> seqs) {
  std::vector<message> messages;
  for (auto seq : seqs) messages.push_back(text_message(seq));
  stage(s, room, messages);
  const auto done = s.commit();
  if (!done) FAIL(done.error().message);
}

/// Removes all that a room has. Answers in how many steps.
inline int remove_room(store& s, std::string_view room) {
  for (int steps = 1;; ++steps) {
    const auto more = s.stage_no_messages(room);
    REQUIRE(more);
    REQUIRE(s.commit());
    if (!*more) return steps;
  }
}

/// A page as one readable literal: "1 2 3" or "1 2 3 ...".
inline std::string render(const chat::result<chat::history_page>& page) {
  if (!page) return "failure: " + page.error().message;
  std::string out;
  for (const auto& m : page->messages) out += (out.empty() ? "" : " ") + std::to_string(m->seq);
  return page->has_more ? out + " ..." : out;
}

inline std::string all_of(const store& s, std::string_view room = "lobby") {
  return render(s.load_after(room, 0, ~std::size_t{0}));
}

inline std::string one_to(sequence last) {
  std::string out;
  for (sequence seq = 1; seq <= last; ++seq) out += (seq == 1 ? "" : " ") + std::to_string(seq);
  return out;
}

/// Plain RocksDB on a closed store's files, to make what the store itself would not.
struct raw_database {
  std::unique_ptr<rocksdb::DB> db;
  explicit raw_database(const fs::path& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, directory.string(), &opened);
    INFO(status.ToString());
    REQUIRE(status.ok());
    db.reset(opened);
  }
  void put(std::string_view key, std::string_view value) { REQUIRE(db->Put({}, key, value).ok()); }
};

/// The files as kill -9 would leave them now, in a directory beside.
inline fs::path killed_copy(const fs::path& directory) {
  fs::path copy = directory;
  copy += "-killed";
  fs::copy(directory, copy);
  return copy;
}

inline fs::path write_ahead_log(const fs::path& directory) {
  fs::path newest;
  for (const auto& file : fs::directory_iterator(directory))
    if (file.path().extension() == ".log" && file.path() > newest) newest = file.path();
  REQUIRE_FALSE(newest.empty());
  return newest;
}

inline void flip_byte(const fs::path& file, std::uintmax_t offset) {
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(f.get() ^ 0x40);
  f.seekp(static_cast<std::streamoff>(offset));
  f.put(byte);
  REQUIRE(f.good());
}

}  // namespace chat::test
