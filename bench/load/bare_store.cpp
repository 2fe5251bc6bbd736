#include "bench/load/bare_store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <stdlib.h>

#include <filesystem>
#include <future>
#include <memory>

#include "bench/load/clock.hpp"
#include "bench/load/process.hpp"
#include "bench/load/run_failure.hpp"
#include "storage/codec.hpp"

namespace bench {

namespace fs = std::filesystem;

namespace {

// As a sender in a room of its own makes it.
chat::message record_of(const settings& s) {
  chat::message m;
  m.timestamp_ms = 1'700'000'000'000;
  m.sender = "member-0";
  m.author = "sess-0123456789abcdef01234567";
  m.text = std::string(s.text_bytes, '.');
  return m;
}

figures write_batches(const settings& s, const fs::path& folder, bool sync, std::size_t batch) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::Open(options, folder.string(), &opened); !status.ok())
    throw run_failure("a bare store: " + status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions how;
  how.sync = sync;
  std::string key;
  std::string value;
  const auto record = std::make_shared<const chat::message>(record_of(s));
  chat::codec::encode(value, {&record, 1});
  figures f;
  const auto begin = now_ns();
  const auto end = begin + static_cast<std::int64_t>(s.seconds * 1e9);
  while (now_ns() < end) {
    rocksdb::WriteBatch records;
    for (std::size_t i = 0; i < batch; ++i) {
      chat::codec::encode_message_key(key, "bench-" + std::to_string(i), f.count / batch + 1);
      records.Put(key, value);
    }
    if (const auto status = db->Write(how, &records); !status.ok())
      throw run_failure("a bare store: " + status.ToString());
    f.count += batch;
  }
  f.seconds = static_cast<double>(now_ns() - begin) / 1e9;
  return f;
}

}  // namespace

figures run_bare_store(const settings& s, const std::string& durability, std::size_t batch,
                       bool pin) {
  auto pattern = (fs::temp_directory_path() / "chat-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail_with_errno("cannot make " + pattern);
  // In a thread of its own, which RocksDB's threads take their core from.
  auto done = std::async(std::launch::async, [&] {
    if (pin) pin_to({0});
    return write_batches(s, pattern, durability == "power", batch);
  });
  done.wait();
  std::error_code ignored;
  fs::remove_all(pattern, ignored);
  auto f = done.get();
  f.scenario = s.scenario;
  f.shape = describe(s) + ", " + durability;
  f.server = "RocksDB";
  f.unit = "records";
  return f;
}

}  // namespace bench
