#include "net/http_list.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <string>

namespace chat {

namespace http = boost::beast::http;

namespace {

// Every header that this node reads as a list.
constexpr std::array<std::string_view, 14> list_headers{
    "Accept",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Connection",
    "Content-Encoding",
    "Expect",
    "Forwarded",
    "If-None-Match",
    "Transfer-Encoding",
    "Upgrade",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
};

}  // namespace

void combine_list_headers(http::fields& head) {
  for (const auto name : list_headers) {
    const boost::beast::string_view key(name.data(), name.size());
    if (head.count(key) < 2) continue;
    std::string all;
    const auto [first, last] = head.equal_range(key);
    for (auto line = first; line != last; ++line) {
      if (!all.empty()) all += ", ";
      all.append(line->value().data(), line->value().size());
    }
    head.set(key, all);
  }
}

std::string_view take_element(std::string_view& list, char separator) {
  std::size_t end = 0;
  for (bool quoted = false; end < list.size(); ++end) {
    if (quoted && list[end] == '\\')
      ++end;
    else if (list[end] == '"')
      quoted = !quoted;
    else if (list[end] == separator && !quoted)
      break;
  }
  end = std::min(end, list.size());
  auto one = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
  while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
  return one;
}

bool has_element(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (boost::beast::iequals(take_element(list), token)) return true;
  return false;
}

}  // namespace chat
