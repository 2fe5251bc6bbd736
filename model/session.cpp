#include "model/session.hpp"

#include <array>

namespace chat {

namespace {

constexpr std::array<std::string_view, 5> states = {"pending", "connected", "disconnected",
                                                    "closed", "expired"};
constexpr std::array<std::string_view, 11> ends = {"nothing", "client",  "command", "takeover",
                                                   "slow",    "rate",    "idle",    "expired",
                                                   "drain",   "restart", "error"};

}  // namespace

std::string_view to_string(session_state state) {
  return states.at(static_cast<std::size_t>(state));
}

std::string_view to_string(session_transport transport) {
  return transport == session_transport::sse ? "sse" : "websocket";
}

std::string_view to_string(participant_kind kind) {
  return kind == participant_kind::agent ? "agent" : "human";
}

std::string_view to_string(ended_by what) { return ends.at(static_cast<std::size_t>(what)); }

}  // namespace chat
