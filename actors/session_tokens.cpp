#include "actors/session_tokens.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/session_life.hpp"

namespace chat {

namespace {

failure too_many_tokens() {
  return make_failure(errc::overloaded, "The session had too many tokens lately",
                      "Wait a few minutes, then call again");
}

int reconnects_left(const session_data& st) {
  return std::max(0, limits::reconnects_max - static_cast<int>(st.record.reconnects));
}

// Of a reconnect that was refused: how often it may be tried still.
failure with_attempts(failure why, int left) {
  why.details = R"({"remainingAttempts":)" + std::to_string(left) + R"(,"maxAttempts":)" +
                std::to_string(limits::reconnects_max) + '}';
  return why;
}

}  // namespace

renew_reply on_renew(session_actor* self, const renew& r) {
  auto& st = self->state;
  on_deadline(self);
  if (is_over(st.record.state)) return tl::unexpected(is_over_failure(st));
  if (st.out && was_long_enough(self)) st.record.reconnects = 0;
  if (st.record.reconnects >= static_cast<std::uint32_t>(limits::reconnects_max))
    return tl::unexpected(with_attempts(
        make_failure(errc::max_reconnects, "The session was to be connected again " +
                                               std::to_string(limits::reconnects_max) +
                                               " times in a row"),
        0));
  if (!may_use_up(self))  // it would open nothing
    return tl::unexpected(with_attempts(too_many_tokens(), reconnects_left(st)));
  if (r.dry_run) return renewed{};
  ++st.record.reconnects;
  auto token = new_token(self, r.address, r.since);
  audit(st, "reconnect", r.address, st.token_id);
  // The token it just got has its full time.
  if (!st.out) set_deadline(st, std::max(st.gauge->deadline_ms.load(), token.expires_ms));
  auto since = r.since;
  if (!since && st.record.connected_ms > 0) since = presumed(st);
  return renewed{std::move(token.token), token.expires_ms, since, st.record.transport,
                 reconnects_left(st)};
}

namespace {

// What keeps a token from being exchanged.
std::optional<failure> refresh_refusal(session_actor* self, const handoff_claims& current) {
  auto& st = self->state;
  if (has_expired(self, current)) return make_failure(errc::invalid_token, "The token has run out");
  const bool used = is_used(st, current.token_id);
  if (used && !st.out)
    return make_failure(errc::invalid_token, "The token was used, and its connection is gone",
                        "Call chat-reconnect for a new one");
  // After a restart nobody knows which was the newest: any that is good will do.
  const bool newest = st.token_id.empty() ? !used : current.token_id == st.token_id;
  if (!newest) return make_failure(errc::invalid_token, "This is not the session's newest token");
  return std::nullopt;
}

}  // namespace

refresh_reply on_refresh(session_actor* self, const refresh_token& r) {
  auto& st = self->state;
  on_deadline(self);
  if (is_over(st.record.state)) return tl::unexpected(is_over_failure(st));
  if (auto why = refresh_refusal(self, r.current)) return tl::unexpected(std::move(*why));
  if (r.dry_run) return token_refreshed{};
  if (!is_used(st, r.current.token_id)) {
    if (!use_up(self, r.current))  // the new one takes its place
      return tl::unexpected(too_many_tokens());
    save(self);
  }
  auto token = new_token(self, r.address, st.out ? std::nullopt : r.current.since);
  audit(st, "refresh", r.address, st.token_id);
  if (!st.out) set_deadline(st, std::max(st.gauge->deadline_ms.load(), token.expires_ms));
  return token;
}

}  // namespace chat
