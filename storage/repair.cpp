#include "storage/repair.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "model/ids.hpp"
#include "storage/codec.hpp"
#include "storage/database.hpp"
#include "storage/salvage.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t lost_lines_max = 100;

// In the data directory, one after the other: the new store while it is made, while the old files
// are moved away (made), and while it moves in (incoming).
constexpr const char* making = "repair.making";
constexpr const char* made = repair_made;
constexpr const char* incoming = repair_incoming;

void lose(repair_report& report, std::string what) {
  if (report.lost.size() < lost_lines_max) report.lost.push_back(std::move(what));
}

tl::unexpected<failure> cannot(const fs::path& directory, const std::error_code& why) {
  return storage_failure(
      "cannot repair the store in \"" + directory.string() + "\": " + why.message(),
      "See to it, then call chatd repair again: nothing is lost");
}

// --- Reading what is there -----------------------------------------------------------------------

enum class reading { whole, unreadable };

/// Counts what one entry holds.
reading count(std::string_view key, std::string_view value, repair_report& report) {
  if (codec::is_message_key(key)) {
    codec::message_reader in(value, codec::sequence_of_key(key, codec::room_of_key(key)));
    codec::stored_message m;
    std::uint64_t messages = 0;
    for (;;) switch (in.next(m)) {
        case codec::message_reader::outcome::some:
          ++messages;
          break;
        case codec::message_reader::outcome::end:
          report.messages += messages;
          return reading::whole;
        case codec::message_reader::outcome::damaged:
          return reading::unreadable;
      }
  }
  if (codec::is_session_key(key)) {
    session_record session;
    if (codec::number_of_key(key) == 0 || !codec::decode(value, session))
      return reading::unreadable;
    ++report.sessions;
    return reading::whole;
  }
  if (codec::is_webhook_key(key)) {
    webhook_record hook;
    return codec::number_of_webhook_key(key) > 0 && codec::decode(value, hook)
               ? reading::whole
               : reading::unreadable;
  }
  if (codec::is_words_key(key)) {
    codec::stored_words words;
    const bool is_one = codec::sequence_of_words_key(key, codec::room_of_key(key)) > 0;
    return is_one && codec::decode(value, words) ? reading::whole : reading::unreadable;
  }
  if (key.starts_with(codec::rooms_begin)) {
    room_definition room;
    if (!codec::decode(value, room)) return reading::unreadable;
    ++report.rooms;
    return reading::whole;
  }
  kept_answer answer;
  if (codec::decode_answer_key(key, answer))
    return codec::decode(value, answer) ? reading::whole : reading::unreadable;
  erasure e;
  if (key.starts_with(codec::erasures_begin))
    return codec::decode(value, e) ? reading::whole : reading::unreadable;
  const bool is_ours = key == codec::schema_key || key == codec::floor_key ||
                       key == codec::numbers_key || key == codec::index_key;
  return is_ours ? reading::whole : reading::unreadable;
}

/// What people know a key by.
std::string describe_key(std::string_view key) {
  if (codec::is_message_key(key)) {
    const std::string room_id(codec::room_of_key(key));
    return "message " + format_message_id(codec::sequence_of_key(key, room_id)) + " of room " +
           room_id;
  }
  if (codec::is_words_key(key)) return "the words of room " + std::string(codec::room_of_key(key));
  if (codec::is_session_key(key)) return "session " + std::to_string(codec::number_of_key(key));
  if (codec::is_webhook_key(key))
    return "webhook " + std::to_string(codec::number_of_webhook_key(key));
  if (key.starts_with(codec::rooms_begin))
    return "the definition of room " + std::string(key.substr(1));
  if (key.starts_with(codec::answers_begin)) return "the kept answer of a call";
  return "a record";
}

/// Whether every entry can be read and means something. Counts them.
bool is_whole(rocksdb::DB& db, repair_report& report) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  bool whole = true;
  for (it->SeekToFirst(); it->Valid() && whole; it->Next())
    whole = count(it->key().ToStringView(), it->value().ToStringView(), report) == reading::whole;
  return whole && it->status().ok();
}

// --- The new store -------------------------------------------------------------------------------

/// RocksDB tells what it cannot read only in its log.
class repair_log final : public rocksdb::Logger {
 public:
  explicit repair_log(repair_report& report) : Logger(rocksdb::WARN_LEVEL), report_(report) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[1000];
    std::vsnprintf(text, sizeof(text), format, arguments);
    const std::string line(text);
    const auto begin = line.find("Log #");
    if (begin == std::string::npos) return;  // what is said of tables: they are salvaged
    const std::lock_guard lock(mutex_);
    lose(report_, "a part of the write-ahead l" + line.substr(begin + 1));
  }

 private:
  repair_report& report_;
  std::mutex mutex_;
};

/// Takes what can be read of a table that RocksDB has put aside, but for what a newer table has.
result<void> salvage(const fs::path& table, rocksdb::DB& into, const fs::path& directory,
                     repair_report& report) {
  const auto visit = [&, newer = std::string()](const auto& key, const auto& value) mutable {
    return into.Get({}, key, &newer).IsNotFound() ? into.Put({}, key, value)
                                                  : rocksdb::Status::OK();
  };
  const auto miss = [&](const unreadable_part& part) {
    std::string where = "a part of table " + table.filename().string();
    if (!part.after.empty()) where += ", behind " + describe_key(part.after);
    if (!part.before.empty()) where += ", before " + describe_key(part.before);
    lose(report, where + ": " + part.why.ToString());
  };
  const auto status = salvage_table(table, visit, miss);
  if (!status.ok()) return describe(status, directory);
  return {};
}

/// Hard links to tables and logs, which RocksDB only reads: its lists of them are made anew.
std::error_code link_files(const fs::path& directory, const fs::path& into) {
  std::error_code ec;
  fs::create_directory(into, ec);
  fs::permissions(into, fs::perms::owner_all, ec);
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec)) {
    const auto& file = files->path();
    if (file.extension() != ".sst" && file.extension() != ".log") continue;
    fs::create_hard_link(file, into / file.filename(), ec);
    if (ec) break;
  }
  return ec;
}

/// Removes what cannot be decoded, and the words of rooms, which may be older than the messages: a
/// node finds them again. Counts the rest. Answers the highest sequence of any room.
result<sequence> keep_the_readable(rocksdb::DB& db, const fs::path& directory,
                                   repair_report& report) {
  sequence newest = 0;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const auto key = it->key().ToStringView();
    if (codec::is_words_key(key)) {
      if (auto removed = db.Delete({}, it->key()); !removed.ok())
        return describe(removed, directory);
      continue;
    }
    if (count(key, it->value().ToStringView(), report) == reading::whole) {
      if (codec::is_message_key(key))
        newest = std::max(newest, codec::sequence_of_key(key, codec::room_of_key(key)));
      continue;
    }
    lose(report, describe_key(key) + ": its bytes mean nothing");
    const auto status = db.Delete({}, it->key());
    if (!status.ok()) return describe(status, directory);
  }
  if (!it->status().ok()) return describe(it->status(), directory);
  return newest;
}

/// Sees to it that the ids of lost messages are not given out again: there were not more of them
/// than bytes, a message having 14 at least.
result<void> raise_floor(rocksdb::DB& db, sequence newest, const fs::path& directory) {
  sequence floor = 0;
  std::string before;
  if (!db.Get({}, codec::floor_key, &before).ok() || !codec::decode_floor(before, floor)) floor = 0;
  std::error_code ec;
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec))
    if (files->is_regular_file(ec)) newest += files->file_size(ec);
  if (ec) return cannot(directory, ec);
  const auto status = db.Put({}, codec::floor_key, codec::encode_floor(std::max(floor, newest)));
  if (!status.ok()) return describe(status, directory);
  return {};
}

tl::expected<database, rocksdb::Status> open(const fs::path& place, rocksdb::Options options) {
  options.disable_auto_compactions = true;  // they end at the first block that cannot be read
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, place.string(), &db);
  if (!status.ok()) return tl::unexpected(status);
  return database(db);
}

/// Refuses what was no store of ours before it was damaged. Marks what has lost its mark.
result<void> check_origin(rocksdb::DB& db, const fs::path& directory) {
  std::string ignored;
  if (db.Get({}, codec::schema_key, &ignored).ok()) return check_schema(db, directory, false);
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  it->SeekToFirst();
  repair_report none;
  if (it->Valid() &&
      count(it->key().ToStringView(), it->value().ToStringView(), none) != reading::whole)
    return check_schema(db, directory, false);
  const auto status = db.Put({}, codec::schema_key, std::to_string(schema_version));
  if (!status.ok()) return describe(status, directory);
  return {};
}

/// A whole store in `place`, of all that can be read of those linked there.
result<void> rebuild(const fs::path& place, const fs::path& directory, repair_report& report) {
  const auto log = std::make_shared<repair_log>(report);
  auto options = database_options(false);
  options.info_log = log;
  const auto repaired = rocksdb::RepairDB(place.string(), options);
  if (!repaired.ok()) return describe(repaired, directory);
  auto db = open(place, options);
  if (!db) return describe(db.error(), directory);
  if (auto checked = check_origin(**db, directory); !checked) return checked;
  std::error_code ec;
  for (fs::directory_iterator files(place / "lost", ec); !ec && files != fs::directory_iterator();
       files.increment(ec))
    if (files->path().extension() == ".sst")
      if (auto done = salvage(files->path(), **db, directory, report); !done) return done;
  const auto newest = keep_the_readable(**db, directory, report);
  if (!newest) return tl::unexpected(newest.error());
  if (!report.lost.empty())
    if (auto done = raise_floor(**db, *newest, directory); !done) return done;
  // RepairDB leaves every table where a new one comes: in order again before a node waits for it.
  auto status = (*db)->CompactRange({}, nullptr, nullptr);
  if (status.ok()) status = (*db)->Flush({});
  if (!status.ok()) return describe(status, directory);
  db->reset();
  fs::remove_all(place / "lost", ec);  // links: the files themselves are where they were
  fs::remove(place / "LOCK", ec);
  return {};
}

// --- Changing places -----------------------------------------------------------------------------

/// RocksDB's files but for its lock, which we hold.
bool is_of_store(const fs::directory_entry& entry) {
  const auto name = entry.path().filename().string();
  const auto extension = entry.path().extension();
  return entry.is_regular_file() &&
         (extension == ".sst" || extension == ".log" || name == "CURRENT" || name == "IDENTITY" ||
          name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-"));
}

/// Moves a store's files, CURRENT first or last: a directory without it is no store to a node.
std::error_code move_store(const fs::path& from, const fs::path& to, bool current_first) {
  std::vector<fs::path> names;
  std::error_code ec;
  fs::create_directory(to, ec);
  for (fs::directory_iterator files(from, ec); !ec && files != fs::directory_iterator();
       files.increment(ec))
    if (is_of_store(*files)) names.push_back(files->path().filename());
  std::ranges::stable_partition(
      names, [&](const auto& name) { return (name == "CURRENT") == current_first; });
  for (const auto& name : names)
    if (!ec) fs::rename(from / name, to / name, ec);
  if (!ec) ec = sync_directory(to);
  if (!ec) ec = sync_directory(from);
  return ec;
}

fs::path new_damaged(const fs::path& directory) {
  for (int n = 1;; ++n)
    if (auto place = directory / ("damaged-" + std::to_string(n)); !fs::exists(place)) return place;
}

/// Puts the new store in place of the old one, from wherever that was left.
std::error_code change_places(const fs::path& directory, repair_report& report) {
  std::error_code ec;
  if (fs::exists(directory / made)) {
    report.damaged = new_damaged(directory);
    ec = move_store(directory, report.damaged, true);
    if (!ec) fs::rename(directory / made, directory / incoming, ec);
    if (!ec) ec = sync_directory(directory);
  }
  if (!ec && fs::exists(directory / incoming)) {
    ec = move_store(directory / incoming, directory, false);
    if (!ec) fs::remove_all(directory / incoming, ec);
  }
  return ec;
}

/// The store's lock, as a node holds it. Given back at the end.
class store_lock {
 public:
  explicit store_lock(const fs::path& directory)
      : status_(rocksdb::Env::Default()->LockFile((directory / "LOCK").string(), &lock_)) {}
  ~store_lock() {
    if (lock_) rocksdb::Env::Default()->UnlockFile(lock_).PermitUncheckedError();
  }
  store_lock(const store_lock&) = delete;
  store_lock& operator=(const store_lock&) = delete;
  const rocksdb::Status& status() const { return status_; }

 private:
  rocksdb::FileLock* lock_ = nullptr;
  rocksdb::Status status_;
};

}  // namespace

result<repair_report> repair_store(const fs::path& directory) {
  repair_report report;
  if (!holds_store(directory) && !is_under_repair(directory))
    return storage_failure("there is no store in \"" + directory.string() + '"',
                           "Name its directory with --data");
  {
    const store_lock lock(directory);
    if (!lock.status().ok()) return describe(lock.status(), directory);
    if (const auto ec = change_places(directory, report)) return cannot(directory, ec);
  }
  std::string lost_file;
  if (auto db = open(directory, database_options(false))) {
    if (auto checked = check_origin(**db, directory); !checked)
      return tl::unexpected(std::move(checked.error()));
    if (is_whole(**db, report)) return report;
  } else if (is_in_use(db.error()) || db.error().IsNoSpace()) {
    return describe(db.error(), directory);
  } else if (db.error().ToString().find("No such file") != std::string::npos) {
    lost_file = db.error().ToString();  // nothing else will tell of it
  }
  report = {};
  if (!lost_file.empty()) lose(report, lost_file);
  const store_lock lock(directory);
  if (!lock.status().ok()) return describe(lock.status(), directory);
  std::error_code ec;
  fs::remove_all(directory / making, ec);  // of a repair that did not end
  if (!ec) ec = link_files(directory, directory / making);
  if (ec) return cannot(directory, ec);
  if (auto done = rebuild(directory / making, directory, report); !done)
    return tl::unexpected(std::move(done.error()));
  fs::rename(directory / making, directory / made, ec);
  if (!ec) ec = sync_directory(directory);
  if (!ec) ec = change_places(directory, report);
  if (ec) return cannot(directory, ec);
  return report;
}

}  // namespace chat
