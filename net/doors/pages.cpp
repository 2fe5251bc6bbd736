#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <cstdlib>
#include <optional>
#include <string>

#include "net/asio.hpp"
#include "net/doors/doors.hpp"
#include "net/http_list.hpp"
#include "net/page_files.hpp"
#include "net/router.hpp"

namespace chat::doors {

namespace {

// A page runs what came with it and talks to the node it came from. Nothing is fetched from
// elsewhere, nothing inline is run, nobody frames it.
constexpr auto page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// One of the forms a file is there in.
struct form {
  std::string_view name;  // as in Content-Encoding; empty: as it is
  std::string_view bytes;
};

// What an Accept-Encoding says of a coding: its weight in thousandths, or nothing (RFC 9110,
// 12.5.3).
std::optional<int> weight_of(std::string_view accepted, std::string_view coding) {
  while (!accepted.empty()) {
    auto one = take_element(accepted);
    if (!beast::iequals(take_element(one, ';'), coding)) continue;
    while (!one.empty()) {
      const auto parameter = take_element(one, ';');
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
      const auto weight = std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
      return weight > 0 ? static_cast<int>(std::min(weight, 1.0) * 1000) : 0;
    }
    return 1000;
  }
  return std::nullopt;
}

// The smallest form that the client prefers; as it is where it takes no other.
form choose_form(const page_file& file, std::string_view accepted) {
  const std::array forms{form{"br", file.brotli}, form{"gzip", file.gzip}};
  const auto others = weight_of(accepted, "*").value_or(0);
  form chosen{"", file.plain};
  int best = weight_of(accepted, "identity").value_or(0);
  for (const auto& f : forms) {
    const auto weight = weight_of(accepted, f.name).value_or(others);
    if (weight <= 0 || weight < best || (weight == best && !chosen.name.empty())) continue;
    chosen = f;
    best = weight;
  }
  return chosen;
}

// Each form has a tag of its own: it is another sequence of bytes (RFC 9110, 8.8.3).
std::string etag_of(const page_file& file, const form& chosen) {
  std::string tag = "\"";
  tag.append(file.hash);
  if (!chosen.name.empty()) tag.append("-").append(chosen.name);
  return tag += '"';
}

// Whether an If-None-Match names this tag, weakly compared (RFC 9110, 13.1.2).
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    auto one = take_element(list);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == tag) return true;
  }
  return false;
}

// A page names what belongs to it relative to itself, so that it works under any path: it is at one
// address only, with a slash at its end or without.
std::optional<http_response> canonical(const http_request& request) {
  auto sent = request.sent_path();
  const bool has_slash = sent.ends_with('/');
  if ((request.path() == "/") == has_slash) return std::nullopt;
  if (has_slash) sent.remove_suffix(1);
  const std::string name(sent.substr(sent.rfind('/') + 1));
  const auto question = request.query().empty() ? "" : '?' + std::string(request.query());
  http_response answer{.status = 308};
  answer.headers = {{"Location", (has_slash ? "../" + name : name + '/') + question}};
  return answer;
}

}  // namespace

void page(http_request& request, const door_context&, responder respond) {
  if (auto elsewhere = canonical(request)) return respond(std::move(*elsewhere));
  const auto path = percent_decode(request.path()).value_or("");
  const auto files = page_files();
  const auto file = std::ranges::find(files, path, &page_file::path);
  if (file == files.end()) return respond(nothing_at(path));
  const auto chosen = choose_form(*file, request.header(http::field::accept_encoding));
  http_response answer{.content_type = std::string(file->type)};
  const auto tag = etag_of(*file, chosen);
  const bool is_named_by_content = path.starts_with("/assets/");
  answer.headers = {
      {"Content-Security-Policy", page_policy},
      {"ETag", tag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", is_named_by_content ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (names_tag(request.header(http::field::if_none_match), tag)) {
    answer.status = 304;
    answer.content_type.clear();
    return respond(std::move(answer));
  }
  if (!chosen.name.empty()) answer.headers.emplace_back("Content-Encoding", chosen.name);
  answer.body = chosen.bytes;
  respond(std::move(answer));
}

}  // namespace chat::doors
