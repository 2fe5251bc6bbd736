#pragma once
// What the disk's side of the node could do at best: a bare loop of RocksDB batches.

#include <string>

#include "bench/load/figures.hpp"
#include "bench/load/settings.hpp"

namespace bench {

/// Writes batches of `batch` records, each as large as a message of the settings as the node stores
/// it, into a temporary store on the first core (`pin`), for the settings' time. `durability`:
/// `process` or `power`, which syncs each batch. Nothing else is done.
figures run_bare_store(const settings& s, const std::string& durability, std::size_t batch,
                       bool pin);

}  // namespace bench
