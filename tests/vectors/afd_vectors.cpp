// afd_vectors FILE: runs a vector file of the public AFD contract against the code of the node.
// Says each failure, then how many passed. Exit code 1 if any failed, 2 if the file is none of
// them.

#include <fstream>

#include "model/failure.hpp"
#include "tests/vectors/vectors.hpp"

namespace chat::vectors {

void run_error_codes(const json& file, tally& t) {
  for (const auto& code : file.at("codes")) {
    const auto name = code.get<std::string>();
    const auto known = parse_errc(name);
    t.check(name, known ? json(to_string(*known)) : json(nullptr), code);
  }
}

namespace {

int run(const char* path) {
  std::ifstream in(path);
  if (!in) {
    std::cerr << "afd_vectors: cannot read " << path << '\n';
    return 2;
  }
  const auto file = json::parse(in);
  tally t;
  if (file.contains("cases"))
    run_validation(file, t);
  else if (file.contains("references"))
    run_pipe_values(file, t);
  else if (file.contains("codes"))
    run_error_codes(file, t);
  else if (file.contains("batch") || file.contains("pipeline"))
    run_composites(file, t);
  else {
    std::cerr << "afd_vectors: " << path << " is no vector file\n";
    return 2;
  }
  t.print();
  return t.failed() > 0 ? 1 : 0;
}

}  // namespace

}  // namespace chat::vectors

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: afd_vectors FILE\n";
    return 2;
  }
  return chat::vectors::run(argv[1]);
} catch (const std::exception& e) {
  std::cerr << "afd_vectors: " << e.what() << '\n';
  return 2;
}
