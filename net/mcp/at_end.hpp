#pragma once
// Something that is done when nobody holds it any more.

#include <memory>
#include <utility>

namespace chat::mcp {

/// Calls `then` when the last copy goes. Never null.
template <class Then>
std::shared_ptr<void> at_end(Then then) {
  static char anything;  // a null pointer would count as no object
  return std::shared_ptr<void>(&anything, [then = std::move(then)](void*) mutable { then(); });
}

}  // namespace chat::mcp
