#pragma once
// What people type as a command's input: one JSON object, or pairs.
//
//     roomId=general limit=5      a value that is JSON is taken as such, any other is text
//     text="42"  text='42'        in quotes of its own it is text in any case
//     options:={"stopOnError":true}   := takes nothing but JSON

#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"

namespace chat::cli {

/// Of a program's arguments: each is a pair, and may have spaces in its value. A single argument
/// may be all pairs, as with the public tool, or a JSON object.
outcome<json> parse_arguments(const std::vector<std::string>& arguments);

/// Of a line: words as split_words() splits them.
outcome<json> parse_input_line(std::string_view line);

/// By spaces, but not within a value that begins with a quote or a bracket: it goes on to the
/// closing one.
outcome<std::vector<std::string>> split_words(std::string_view line);

}  // namespace chat::cli
