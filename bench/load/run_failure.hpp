#pragma once
// The one way a run ends early.

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bench {

/// A run that cannot go on, or in which a promise was broken; what() says which and where. Thrown
/// anywhere, caught in main and by comparisons.
class run_failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// For a system call that failed just now.
[[noreturn]] inline void fail_with_errno(const std::string& what) {
  throw run_failure(what + ": " + std::strerror(errno));
}

}  // namespace bench
