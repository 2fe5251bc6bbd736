#pragma once
// What afd_vectors holds the node to: test cases in the format of the public AFD contract
// (repository lushly-dev/afd, spec/vectors).

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace chat::vectors {

/// Keeps the order of keys: the contract does.
using json = nlohmann::ordered_json;

/// How many cases went how. Says each failure when it happens.
class tally {
 public:
  void pass() { ++passed_; }
  void fail(const std::string& name, const std::string& why) {
    ++failed_;
    std::cout << "FAIL " << name << ": " << why << '\n';
  }
  /// Passes if the two are the same JSON; numbers by value, keys in any order.
  void check(const std::string& name, const json& got, const json& expected) {
    if (nlohmann::json(got) == nlohmann::json(expected)) return pass();
    fail(name, "got " + got.dump() + "\n  expected " + expected.dump());
  }
  /// A case that the node refuses to take, as the contract allows: of it no tests are run.
  void refuse(const std::string& name, const std::string& why, std::size_t tests) {
    pass();
    not_run_ += tests;
    std::cout << "REFUSED " << name << ": " << why << "; " << tests << " tests are not run\n";
  }

  int failed() const { return failed_; }
  void print() const {
    std::cout << "passed " << passed_ << ", failed " << failed_ << ", total " << passed_ + failed_;
    if (not_run_ > 0) std::cout << "; not run " << not_run_;
    std::cout << '\n';
  }

 private:
  int passed_ = 0;
  int failed_ = 0;
  std::size_t not_run_ = 0;
};

void run_validation(const json& file, tally& t);
void run_pipe_values(const json& file, tally& t);
void run_error_codes(const json& file, tally& t);
void run_composites(const json& file, tally& t);

}  // namespace chat::vectors
