// Pages for fuzzers, in place of those that the build bundles.

#include "net/page_files.hpp"

namespace chat {

std::span<const page_file> page_files() {
  static constexpr page_file files[] = {
      {"/", "text/html; charset=utf-8", "0123456789", "plain", "gzip", "brotli"},
      {"/assets/a.js", "text/javascript; charset=utf-8", "abcdefghij", "plain", "gzip", "brotli"}};
  return files;
}

}  // namespace chat
