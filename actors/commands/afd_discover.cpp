#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using namespace inputs;

// What is asked for, ready to be compared.
struct wanted {
  std::string category;
  std::vector<std::string> tags;
  bool all_tags = false;
  std::vector<std::string> words;  // all of them, anywhere in name or description
};

wanted read_wishes(const command_input& in) {
  wanted w{std::string(in.text("category")), in.texts("tag"), in.text("tagMode") == "all", {}};
  std::istringstream words(ascii_lower(in.text("search")));
  for (std::string word; words >> word;) w.words.push_back(word);
  return w;
}

bool has_tags(const command_row& row, const wanted& w) {
  const auto has = [&](const std::string& tag) {
    return std::ranges::find(row.tags, tag) != row.tags.end();
  };
  if (w.tags.empty()) return true;
  return w.all_tags ? std::ranges::all_of(w.tags, has) : std::ranges::any_of(w.tags, has);
}

bool fits(const command_row& row, const wanted& w) {
  if (!w.category.empty() && row.category != w.category) return false;
  const auto text = ascii_lower(std::string(row.name) + ' ' + std::string(row.description));
  return has_tags(row, w) && std::ranges::all_of(w.words, [&](const std::string& word) {
           return text.find(word) != std::string::npos;
         });
}

// The first sentence, if that is short.
std::string in_brief(std::string_view description) {
  const auto sentence = description.substr(0, description.find(". "));
  if (utf16_length(sentence).value_or(0) <= limits::brief_units_max) return std::string(sentence);
  return std::string(utf16_prefix(description, limits::brief_units_max - 1)) + "…";
}

void write_names(json_writer& json, std::string_view key, const std::set<std::string_view>& names) {
  json.key(key).begin_array();
  for (const auto name : names) json.string(name);
  json.end_array();
}

// A page of the commands that fit, and by what else one can look.
void run_afd_discover(command_run_ptr run) {
  const auto& in = run->in();
  const auto wishes = read_wishes(in);
  std::vector<const command_row*> found;
  std::set<std::string_view> categories;
  std::set<std::string_view> tags;
  for (const auto& row : command_table()) {
    categories.insert(row.category);
    tags.insert(row.tags.begin(), row.tags.end());
    if (fits(row, wishes)) found.push_back(&row);
  }
  const auto begin = std::min(static_cast<std::size_t>(in.integer("offset")), found.size());
  const auto end = std::min(begin + static_cast<std::size_t>(in.integer("limit")), found.size());

  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("commands").begin_array();
  for (auto i = begin; i < end; ++i) {
    const auto& row = *found[i];
    json.begin_object().field("name", row.name).field("description", in_brief(row.description));
    json.field("category", row.category);
    if (in.boolean("includeMutation")) json.field("mutation", row.mutation);
    json.end_object();
  }
  json.end_array().field("total", command_table().size()).field("filtered", found.size());
  json.field("returned", end - begin).field("hasMore", end < found.size());
  write_names(json, "availableCategories", categories);
  write_names(json, "availableTags", tags);
  json.end_object();
  r.reasoning = "Returned " + std::to_string(end - begin) + " of " + std::to_string(found.size()) +
                " matching commands (" + std::to_string(command_table().size()) + " total)";
  if (end < found.size()) r.reasoning += ". Use offset " + std::to_string(end) + " to see more";
  r.hints = begin == end ? R"({"nextAction":"Choose of availableCategories and availableTags"})"
                         : R"({"nextAction":"Call afd-detail with the names you mean to use"})";
  run->finish(std::move(r));
}

constexpr std::string_view tag_modes[] = {"any", "all"};
constexpr std::array discover_fields{
    field{.name = "category",
          .description = "Only commands of this category; the answer lists them",
          .max = limits::filter_units_max},
    field{.name = "tag",
          .type = text_or_texts,
          .description = "Only commands with this tag, or these; the answer lists them",
          .max = limits::discover_tags_max,
          .item_units_max = limits::filter_units_max},
    field{.name = "tagMode",
          .description = "With several tags: any of them (default), or all",
          .max = 16,
          .choices = tag_modes},
    field{.name = "search",
          .description = "Words that all stand in name or description",
          .max = limits::filter_units_max},
    field{.name = "includeMutation",
          .type = boolean,
          .description = "Say of each command whether it changes anything"},
    field{.name = "limit",
          .type = integer,
          .description = "Commands on one page",
          .min = 1,
          .max = limits::discover_page_max,
          .fallback = limits::discover_page_default},
    field{.name = "offset",
          .type = integer,
          .description = "How many to leave out, to get the next page",
          .max = limits::discover_offset_max,
          .fallback = 0}};

constexpr std::string_view discover_output =
    R"({"type":"object","properties":{"commands":{"type":"array","items":{"type":"object",)"
    R"("properties":{"name":{"type":"string"},"description":{"type":"string"},)"
    R"("category":{"type":"string"},"mutation":{"type":"boolean",)"
    R"("description":"Whether it changes anything; with includeMutation"}},)"
    R"("required":["name","description","category"]}},)"
    R"("total":{"type":"integer","description":"How many commands there are"},)"
    R"("filtered":{"type":"integer","description":"How many fit"},)"
    R"("returned":{"type":"integer","description":"How many are on this page"},)"
    R"("hasMore":{"type":"boolean"},)"
    R"("availableCategories":{"type":"array","items":{"type":"string"}},)"
    R"("availableTags":{"type":"array","items":{"type":"string"}}},)"
    R"("required":["commands","total","filtered","returned","hasMore",)"
    R"("availableCategories","availableTags"]})";

constexpr std::string_view discover_tags[] = {"bootstrap", "read", "safe"};
constexpr errc discover_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example discover_examples[] = {
    {"What changes rooms", R"({"category":"chat","search":"room","includeMutation":true})"}};

}  // namespace

constinit const command_row afd_discover_row{
    .name = "afd-discover",
    .category = "bootstrap",
    .description = "Find commands by category, tag or words; briefly, page by page",
    .tags = discover_tags,
    .fields = discover_fields,
    .output = discover_output,
    .errors = discover_errors,
    .examples = discover_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_discover};

}  // namespace chat
