#pragma once
// What people type as a command's input: one JSON object, or pairs.
//
//     roomId=general limit=5          a value has the type that the command's schema gives its key
//     text="42"                       so where the schema says string, it is taken as it stands
//     options:={"stopOnError":true}   := takes JSON, whatever the schema says
//
// Errors: INVALID_INPUT, and whatever the type_lookup answers.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"

namespace chat::cli {

/// The JSON Schema of one key of the input; null where nothing is known of it. Only called for
/// values that could be text or JSON: it may ask the node.
using type_lookup = std::function<outcome<json>(const std::string& key)>;

/// Of a program's arguments: each is a pair, and may have spaces in its value. A single argument
/// may be all pairs, as with the public tool, or a JSON object.
outcome<json> parse_arguments(const std::vector<std::string>& arguments, const type_lookup& type);

/// Of a line: words as split_words() splits them.
outcome<json> parse_input_line(std::string_view line, const type_lookup& type);

/// By spaces, but not within a value that begins with a quote or a bracket: it goes on to the
/// closing one. A value in quotes loses them, as in a shell; within double quotes a backslash
/// stands before a quote or another backslash. Behind := everything stays as it is: it is JSON.
outcome<std::vector<std::string>> split_words(std::string_view line);

}  // namespace chat::cli
