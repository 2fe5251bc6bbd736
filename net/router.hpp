#pragma once
// Finds the door a request is for.

#include <span>
#include <string_view>

#include "net/http_config.hpp"

namespace chat {

/// Who may use a door.
enum class open_to { all, known_callers };

/// One way into the node.
struct door_row {
  std::string_view path;  ///< one that ends with a slash has more behind it; {x} is anything
  http::verb method;      ///< HEAD comes with GET, OPTIONS with everything
  open_to whom;
  void (*run)(http_request&, const door_context&, responder);
  bool is_page = false;         ///< for the eyes of people
  std::string_view about = {};  ///< what it is for, in a line
};

/// All of them.
std::span<const door_row> door_table();

/// The refusal of a path that has nothing.
http_response nothing_at(std::string_view path);

/// Answers the request, or has its door do it. Host and Origin are checked already. `from`, the
/// place of its connection, learns that its peer is known. Thread: the loop's.
void route(http_request request, const door_context& context, seat& from, responder respond);

}  // namespace chat
