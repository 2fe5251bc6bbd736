#pragma once
// Looks into the files of a store, as whoever gets hold of its disk would.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace chat::test {

/// The names of the files under the directory that have the text: "000012.sst ".
inline std::string files_with(const std::filesystem::path& directory, const std::string& text) {
  std::string found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.find(text) != std::string::npos) found += file.path().filename().string() + ' ';
  }
  return found;
}

}  // namespace chat::test
