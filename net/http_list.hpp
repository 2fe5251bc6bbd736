#pragma once
// Headers whose value is a list (RFC 9110, 5.3 and 5.6.1). They may come in several lines, which
// mean the same as one line with commas: `Accept`, `Connection`, `X-Forwarded-For` and others.

#include <boost/beast/http/fields.hpp>
#include <string_view>

namespace chat {

/// Makes one line of each list header that came in several, so that whoever asks for it gets all.
void combine_list_headers(boost::beast::http::fields& head);

/// Takes the next element off the front of a list, without the blanks around it; a separator in
/// quotes is none. Empty elements count as elements: the list is used up when it is empty.
std::string_view take_element(std::string_view& list, char separator = ',');

/// Whether the list names this token; tokens have no case.
bool has_element(std::string_view list, std::string_view token);

}  // namespace chat
