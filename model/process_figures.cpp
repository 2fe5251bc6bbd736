#include "model/process_figures.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace chat {

process_figures read_process_figures() {
  process_figures figures;
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> size_pages >> resident_pages)
    figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::error_code ignored;
  const std::filesystem::directory_iterator open("/proc/self/fd", ignored);
  const auto count = std::distance(begin(open), end(open));
  // One of them is the folder itself, while it is read.
  if (count > 0) figures.descriptors = static_cast<std::uint64_t>(count) - 1;
  return figures;
}

}  // namespace chat
