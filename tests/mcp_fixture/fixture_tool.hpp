#pragma once
// The tools of the fixture: what the scenarios of MCP's conformance suite call by name.

#include <span>

#include "net/mcp/service.hpp"

namespace chat::fixture {

using mcp::element;
using mcp::exchange_ptr;

/// A row of a table of tools.
struct fixture_tool {
  std::string_view name;
  std::string_view description;
  /// `params` is good until the function returns.
  void (*run)(const exchange_ptr& x, element params);
  std::string_view input_schema = R"({"type":"object"})";
};

std::span<const fixture_tool> content_tools();  ///< answer at once, or with messages before
std::span<const fixture_tool> asking_tools();   ///< ask the client, in the session era
std::span<const fixture_tool> input_tools();    ///< need input, in the stateless era

inline constexpr std::string_view red_dot =  // a PNG of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg"
    "==";

/// A result of one text.
std::string text_result(std::string_view text, bool is_error = false);
void answer_text(const exchange_ptr& x, std::string_view text);

/// The value that the client gave for an input request; nothing when it is no object.
std::optional<element> input_of(element params, std::string_view key);
/// `{"method":"elicitation/create",…}` for one value of that type.
std::string elicitation(std::string_view message, std::string_view key, std::string_view type);

/// Calls whoever listens for changes of that list.
void tell_change(mcp::change what);

}  // namespace chat::fixture
