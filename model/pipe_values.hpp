#pragma once
// What the steps of a pipe may refer to, and the references themselves, as the public AFD
// specification has them (spec/pipeline-variables.md of the repository lushly-dev/afd): a text is a
// reference only as a whole; `$$` begins a text that only looks like one; what cannot be resolved
// is absent.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// A value that is not there is null as a pointer.
using pipe_value = nlohmann::json;

/// Thread: its owner's.
class pipe_values {
 public:
  /// `input` is the request's own, as JSON; empty where it has none.
  explicit pipe_values(std::string input) : input_{std::move(input), {}} {}

  /// The next step, in order: its data as JSON when it succeeded, else nothing.
  void add_step(std::string alias, std::optional<std::string> data);
  /// What `text` refers to; null when it is no reference or there is nothing.
  const pipe_value* find(std::string_view text);
  /// An object with everything in it resolved, as JSON: what is absent is left out of objects and
  /// null in lists. Nothing when that is over `bytes_max`.
  std::optional<std::string> resolve(const pipe_value& in, std::size_t bytes_max);
  /// What the last input resolved may not have meant, for people: "roomId: $prev.id was not there".
  const std::vector<std::string>& notes() const { return notes_; }
  /// Lets go of what was parsed; it is parsed again when somebody refers to it.
  void forget();

 private:
  struct source {
    std::string json;
    std::optional<pipe_value> parsed;
  };
  struct step {
    std::string alias;
    std::optional<source> data;
  };
  const pipe_value* parsed(source& from);
  source* find_source(std::string_view& text);
  void note(std::string_view what, std::string_view why);
  bool append_text(std::string& out, std::string_view text, std::size_t bytes_max);
  bool append(std::string& out, const pipe_value& in, std::size_t bytes_max);

  source input_;
  std::vector<step> steps_;
  std::optional<std::size_t> previous_;  // the last one that succeeded
  std::string path_;                     // to what is being resolved
  std::vector<std::string> notes_;
};

/// Whether `text` has the form of a reference.
bool is_pipe_reference(std::string_view text);

}  // namespace chat
