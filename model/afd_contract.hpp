#pragma once
// The public AFD contract (repository lushly-dev/afd, folder spec).

#include <string_view>

namespace chat {

/// The version that the node follows, and says in afd-help. docs/protocol.md lists where it does
/// not.
inline constexpr std::string_view afd_contract_version = "1.0-rc";

}  // namespace chat
