#pragma once
// A JSON Schema as vectors have it, made into the node's own.

#include <map>
#include <string>

#include "model/input_schema.hpp"
#include "tests/vectors/vectors.hpp"

namespace chat::vectors {

class public_schema {
 public:
  explicit public_schema(const json& root);
  const input_schema& root() const { return *root_; }
  /// The keyword that the node does not take, and where; empty without one.
  const std::string& refused() const { return refused_; }

 private:
  const input_schema* make(const json& from, const std::string& where);
  void fill(input_schema& s, const json& from, const std::string& where);
  void fill_object(input_schema& s, const json& from, const std::string& where);
  const input_schema* refer(const std::string& where);

  const json& whole_;
  input_schemas all_;
  std::map<std::string, input_schema*> by_place_;
  const input_schema* root_ = nullptr;
  std::string refused_;
};

}  // namespace chat::vectors
