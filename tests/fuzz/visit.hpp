#pragma once
// The doors without a node behind them: commands are checked and answered, but do not run.

#include <cstddef>
#include <vector>

#include "model/command_result.hpp"
#include "net/doors/doors.hpp"
#include "net/router.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat::fuzz {

/// What came of a request.
struct visit {
  http_response answer;
  call_ptr call;  ///< what reached a command, if anything did
};

// In the command actor's place: fails a call for its input as it would, else with success.
inline void answer(const command_call& call) {
  const auto result = call.input ? command_result{} : command_result::failed(call.input.error());
  call.answer({encode(result, {}), result.success});
}

/// Takes a request to its door, which must answer it exactly once.
inline visit visit_door(http_request request) {
  // Doors do not touch their loop: here is only room for one.
  alignas(loop) static std::byte home[sizeof(loop)];
  static node_counters counters;
  static const http_config config{
      .counters = counters,
      .authenticate = [](auto, auto&) -> result<caller> { return local_user(); }};
  visit seen;
  std::vector<http_response> answers;
  const door_context context{reinterpret_cast<loop&>(home), config, [&](call_ptr call) {
                               promise(!seen.call, "a request is one call");
                               seen.call = std::move(call);
                             }};
  seat place;
  route(std::move(request), context, place,
        [&](http_response r) { answers.push_back(std::move(r)); });
  promise(answers.size() + (seen.call ? 1 : 0) == 1, "a request is answered or becomes a call");
  if (seen.call) answer(*seen.call);
  promise(answers.size() == 1, "a call is answered once");
  seen.answer = std::move(answers[0]);
  return seen;
}

}  // namespace chat::fuzz
