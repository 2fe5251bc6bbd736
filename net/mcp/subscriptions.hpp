#pragma once
// What clients want to hear of: resources/subscribe in sessions, subscriptions/listen without.

#include "net/mcp/service.hpp"

namespace chat::mcp {

/// resources/subscribe (2025-11-25, server/resources).
void subscribe(const exchange_ptr& x, const service& offered, std::optional<element> params);
void unsubscribe(const exchange_ptr& x, const service& offered, std::optional<element> params);
/// subscriptions/listen: answered by a stream that ends when the client leaves (2026-07-28,
/// basic/patterns/subscriptions).
void listen(const exchange_ptr& x, const service& offered, std::optional<element> params);

}  // namespace chat::mcp
