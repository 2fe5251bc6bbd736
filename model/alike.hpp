#pragma once
// "Did you mean": names that are spelt nearly so.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace chat {

/// Letters to put in, leave out or replace to make one of the other (Levenshtein). Time and memory
/// are that of both lengths: for names.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Those of the names at least limits::similarity_min alike by edit distance, capitals or not, best
/// first, limits::similar_commands_max at most (contract, section 7). None for what is too long to
/// be a typing error.
std::vector<std::string_view> most_alike(std::string_view asked,
                                         std::span<const std::string_view> names);

}  // namespace chat
