#pragma once
// The web pages as the binary holds them. web/build.mjs writes the file that defines them.

#include <span>
#include <string_view>

namespace chat {

/// One file of the pages, compressed when the binary was built.
struct page_file {
  std::string_view path;  ///< `/` or `/assets/…`, which has a hash of the content in its name
  std::string_view type;  ///< Content-Type
  std::string_view hash;  ///< of the content, as letters and digits
  std::string_view plain;
  std::string_view gzip;
  std::string_view brotli;
};

/// All of them, `/` first. They live as long as the process.
std::span<const page_file> page_files();

}  // namespace chat
