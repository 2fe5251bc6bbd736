#pragma once
// What a session is apart from its connections: its states, its deadlines, its tokens, its end, and
// how all of that is stored. For session.cpp and session_tokens.cpp only.

#include "actors/session.hpp"

namespace chat {

/// Node time.
std::int64_t now_ms(session_actor* self);

/// Stores `record`; `then` runs once that is done, or has failed. Receipts come in the order of the
/// saves, as a session always stores by the same lane.
void save(session_actor* self, session_record record, session_data::after_save then);
/// Stores it as it is. Nobody waits: when that fails, a restart finds it as it was before.
void save(session_actor* self);
void on_receipt(session_actor* self, const receipt& r);
/// The actor is about to end: whoever waits for a save is told now.
void give_up_saving(session_actor* self);

/// Writes down what happened to the session.
void audit(const session_data& st, std::string_view event, std::string_view address = {},
           std::string_view token_id = {}, std::string_view reason = {});

/// The one place where a session changes its state. `why` is what ended it, or its connection.
void enter(session_actor* self, session_state next, ended_by why = ended_by::nothing);
/// The connection is, or was, no failed attempt.
bool was_long_enough(session_actor* self);
/// The client has done something: the connection is not idle.
void active(session_actor* self);

/// Node time at which it is too old, and at which it will have been silent for too long.
std::int64_t end_of_life(const session_data& st);
std::int64_t idle_at(const session_data& st);
/// It is looked at again then, or at the end of its life.
void set_deadline(session_data& st, std::int64_t when_ms);
/// The same for a connected one: when it may have been silent for too long, or its newest token is
/// to be replaced.
void watch_connection(session_data& st);

/// A token for one more connection; from now on it is the session's newest. With `--bind-ip` it is
/// good for `address` only.
token_refreshed new_token(session_actor* self, const std::string& address,
                          std::optional<sequence> since = {});
bool has_expired(session_actor* self, const handoff_claims& token);
bool is_used(const session_data& st, const std::string& token_id);
/// Whether one more could be used up: past it none opens anything for a few minutes.
bool may_use_up(session_actor* self);
/// From now on it opens nothing. False when too many are used up already.
[[nodiscard]] bool use_up(session_actor* self, const handoff_claims& token);
/// It opened nothing after all.
void give_back(session_data& st, const std::string& token_id);

/// How many messages its connections were given.
std::uint64_t received(const session_data& st);
/// The message from which a client goes on that does not say what it has.
sequence presumed(const session_data& st);
/// Gives up the connection; with a reason the node closes it.
void detach(session_actor* self, std::optional<close_reason> why);
/// Closes a connection that is not refused by anybody else.
void refuse(const outbox_ptr& out, const close_reason& why);
/// The session ends while a token of it is being redeemed: the room, which may be gone as well,
/// is not waited for.
void give_up_joining(session_actor* self, const close_reason& why);
/// What a command is told that comes after the end.
failure is_over_failure(const session_data& st);
/// Does what is due by now. Also before a command looks: it may be due, and nobody has looked yet.
void on_deadline(session_actor* self);

}  // namespace chat
