#pragma once
// Every bound of the node, in one place, each with its reason. A name ends in its unit.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chat::limits {

using namespace std::chrono_literals;

// --- What people may write (contract, section 3) ---------------------------------------------

/// A chat message, in UTF-16 code units, as the public AFD server counts.
inline constexpr std::size_t text_units_max = 2000;
/// A nickname, in UTF-16 code units.
inline constexpr std::size_t nickname_units_max = 50;
/// A room id, in characters of `A-Za-z0-9._-`.
inline constexpr std::size_t room_id_chars_max = 64;
/// A room's display name, in UTF-16 code units: one line on a phone, twice over.
inline constexpr std::size_t room_name_units_max = 100;
/// A room's description, in UTF-16 code units: a short paragraph.
inline constexpr std::size_t room_description_units_max = 500;
/// A client's own id for a message: room for a UUID with a prefix.
inline constexpr std::size_t client_message_id_units_max = 128;
/// An emoji in a reaction: the longest family emoji is 11 units; some room for flags to come.
inline constexpr std::size_t emoji_units_max = 32;
/// The reason given to chat-disconnect.
inline constexpr std::size_t reason_units_max = 200;
/// A user id, in UTF-16 code units: any mail address, or what identity providers give out.
inline constexpr std::size_t user_id_units_max = 128;
/// A session id or token as input; ours are 30 and 75 characters.
inline constexpr std::size_t credential_units_max = 1024;

// --- Rooms ------------------------------------------------------------------------------------

inline constexpr std::uint32_t participants_default = 100;
inline constexpr std::uint32_t participants_max = 1'000'000;
/// Ids are reserved so many at a time, each time with a synced commit: at 20,000 messages a second
/// in one room every 13 s. A node that is started again and again does not run ahead of the clock:
/// a start takes longer than so many microseconds.
inline constexpr std::uint64_t numbers_reserved = 1 << 18;
/// A clock that is beyond this, in microseconds since 1970, is wrong: the year 2112. Ids then go on
/// without it, and keep their 16 digits.
inline constexpr std::int64_t clock_numbers_max = std::int64_t{1} << 52;
/// Rooms on one node: a definition and a directory entry each; actors live on demand.
inline constexpr std::size_t rooms_max = 100'000;
/// In a room with more members than this, joins and leaves gather for presence_interval: each is
/// told to everybody, which costs a write to every socket.
inline constexpr std::size_t presence_members_max = 100;
inline constexpr auto presence_interval = 100ms;
/// Nicknames listed in a welcome; a room of a million would make it 50 MB. The count is exact.
inline constexpr std::size_t welcome_nicknames_max = 1'000;
/// A room's recent messages kept in memory, so that polls need no disk; dropped when idle.
inline constexpr std::size_t room_tail_bytes_max = 256 * 1024;
/// ... and their number, so that a restart reads a bounded tail.
inline constexpr std::size_t room_tail_messages_max = 1'000;
/// A room nobody has touched for this long gives back its tail.
inline constexpr auto room_idle_timeout = 5min;
/// Client message ids a room remembers, so that a retried post is not a second message.
inline constexpr std::size_t room_client_ids_max = 4'096;
/// ... and once nobody has touched it for room_idle_timeout, or the node remembers
/// node_client_ids_max: who retries does so within seconds.
inline constexpr std::size_t room_client_ids_min = 64;
/// Client message ids of all rooms together, about 250 bytes each: 64 MB.
inline constexpr std::size_t node_client_ids_max = 256 * 1'024;
/// Users who may enter a private room: the hub looks through them, and they are one record.
inline constexpr std::size_t room_members_max = 1'000;
/// Posts a room holds for a batch not yet committed; past it a post is refused as retryable.
/// 1,000,000 members cannot be: each has its credit, and sockets of a process are 20,000.
inline constexpr std::size_t room_pending_posts_max = 65'536;

// --- Sessions (contract, section 5) -----------------------------------------------------------

inline constexpr auto handoff_timeout = 5min;
inline constexpr auto idle_timeout = 30min;
inline constexpr auto reconnect_timeout = 5min;
inline constexpr auto session_lifetime_max = 24h;
inline constexpr int reconnects_max = 5;
inline constexpr int reconnect_backoff_ms = 1000;
/// What a handoff says a message takes from one member to the others: a commit and the loops'
/// turns, most of the time less.
inline constexpr int expected_latency_ms = 10;
/// Participants that chat-status names; chat-participants has all of them, in pages.
inline constexpr std::size_t status_participants_max = 50;
/// A connection that lived so long was no failed attempt: the count of reconnects starts again.
inline constexpr auto reconnect_reset = 1min;
/// A connected session gets its next token this long before the one it has runs out.
inline constexpr auto token_refresh_margin = 1min;
/// Tokens of one session that were used and have not yet run out. Past it none opens anything: with
/// a client that connects when its connection is lost, five minutes hold a handful.
inline constexpr std::size_t used_tokens_max = 32;
/// Sessions of one user that nobody has connected yet: a program that makes them and forgets them
/// is told so. A person has one or two.
inline constexpr unsigned pending_sessions_per_user = 100;
/// An ended session still answers chat-status for this long.
inline constexpr auto ended_retention = 10min;
/// Sessions of a node in all: five times its sockets, about 150 MB at worst.
inline constexpr std::size_t sessions_max = 100'000;
/// Ended sessions kept for chat-status; past it the oldest goes first.
inline constexpr std::size_t ended_sessions_max = 10'000;
static_assert(ended_sessions_max <= sessions_max);

// --- Commands ---------------------------------------------------------------------------------

/// Of names and ids that came in and are shown in an error, so that an answer is never much larger
/// than its question; UTF-16 code units.
inline constexpr std::size_t echoed_units_max = 64;
/// A call's own ID, for its retries: a UUID with some words.
inline constexpr std::size_t idempotency_key_units_max = 128;
/// For how long a retry gets the first answer (the issue) …
inline constexpr auto answers_kept_for = std::chrono::hours(24);
/// … of up to so many bytes: a room with a thousand members fits. Longer ones are not kept.
inline constexpr std::size_t kept_answer_bytes_max = 128 * 1024;
/// Answers kept of one user, and in all: some 0.5 KB each, on disk.
inline constexpr std::size_t kept_answers_per_user = 50'000;
inline constexpr std::size_t kept_answers_max = 1'000'000;
/// How often those that are too old are removed, and how many are looked at in one turn: 1 ms.
inline constexpr auto kept_answers_sweep_interval = std::chrono::hours(1);
inline constexpr std::size_t kept_answers_per_sweep = 1'000;
inline constexpr std::int64_t poll_messages_max = 100;
inline constexpr std::int64_t poll_messages_default = 50;
/// Places in a room's order that one chat-history looks at: changes of messages are passed over. A
/// thousandth of a second of the store's, in turns of a page each.
inline constexpr std::size_t history_places_max = 1'000;
/// How long chat-poll waits for something to come: shorter than proxies cut a silent request off.
inline constexpr std::int64_t poll_wait_ms_max = 30'000;
/// Who waits so in one room: every socket of a node, and some batches of calls besides.
inline constexpr std::size_t parked_readers_max = 25'000;
/// What a page may be cut to, in UTF-16 code units: a few messages, or all of the longest ones.
inline constexpr std::int64_t page_chars_min = 100;
inline constexpr std::int64_t page_chars_max = 1'000'000;
/// Of pages for agents over MCP, unless they ask otherwise: about 10,000 tokens. Hosts cut longer
/// results, and what they cut is lost.
inline constexpr std::int64_t mcp_page_chars = 40'000;
inline constexpr std::int64_t rooms_page_max = 1'000;
inline constexpr std::int64_t rooms_page_default = 100;
/// What somebody looks for, in UTF-16 code units, and how many words that may be: a sentence.
inline constexpr std::int64_t search_query_units_max = 200;
inline constexpr std::size_t search_words_max = 32;
/// A page of what a search finds.
inline constexpr std::int64_t search_page_max = 100;
inline constexpr std::int64_t search_page_default = 20;
/// What one call reads of the store before it answers with what it has and a cursor: some tens of
/// milliseconds of one core …
inline constexpr std::size_t search_bytes_max = 32 * 1024 * 1024;
/// … and what it reads before the next search has its turn.
inline constexpr std::size_t search_slice_bytes = 1024 * 1024;
/// Searches under way, in all and of one user: with a slice in turn each, all are answered in time.
inline constexpr std::size_t searches_max = 64;
inline constexpr std::size_t searches_per_user_max = 8;
/// How long a search may take with all others: its answer comes before its caller's patience ends.
inline constexpr auto search_timeout = 4s;
/// Participants on one page.
inline constexpr std::int64_t participants_page_max = 1'000;
inline constexpr std::int64_t participants_page_default = 100;
/// Rooms and sessions on one page of those for the operator: a screen of them. Each session on it
/// is asked how it is.
inline constexpr std::int64_t node_page_max = 100;
inline constexpr std::int64_t node_page_default = 20;
/// Rooms or sessions the hub looks at for such a page before somebody else has a turn: 0.2 ms.
inline constexpr std::size_t survey_slice = 1'000;
/// How long a figure of the process that is costly to find out is good for.
inline constexpr auto process_figures_age = 1s;
/// A page's position, as clients give it back: the longest nickname or room id fits, encoded.
inline constexpr std::int64_t cursor_units_max = 512;
/// A command's name as it comes in: ours have 20 characters. In errors it is cut to the second.
inline constexpr std::int64_t command_name_units_max = 1024;
inline constexpr std::size_t command_name_shown_units = 128;
/// A category, a tag, or words to look for among commands.
inline constexpr std::int64_t filter_units_max = 128;
inline constexpr std::int64_t discover_tags_max = 20;
inline constexpr std::int64_t discover_page_max = 200;
inline constexpr std::int64_t discover_page_default = 50;
inline constexpr std::int64_t discover_offset_max = 10'000;
/// Calls of one JSON-RPC batch: as many as of an afd-batch.
inline constexpr std::size_t rpc_batch_max = 100;
/// A description in brief: one line.
inline constexpr std::size_t brief_units_max = 120;
inline constexpr std::int64_t detail_commands_max = 10;
/// Commands of a batch and steps of a pipe (the issue), and for how long all of them may run …
inline constexpr std::int64_t batch_commands_max = 100;
inline constexpr std::int64_t pipe_steps_max = 50;
inline constexpr auto composite_timeout = 30s;
inline constexpr std::int64_t composite_timeout_ms =
    std::chrono::milliseconds(composite_timeout).count();
/// … though clients may name a longer time, which is cut to that, and more at a time than there
/// are.
inline constexpr std::int64_t timeout_given_ms_max = 86'400'000;
inline constexpr std::int64_t parallelism_given_max = 1'000'000;
/// The ID of a batch's command or the name of a pipe's step.
inline constexpr std::int64_t part_id_units_max = 128;
/// What a batch or pipe may gather before it starts no more: a large page, and hundreds of others.
inline constexpr std::size_t composite_bytes_max = 1024 * 1024;
/// Calls, batches and pipes under way on one loop, of one user and in all: each may hold as much.
inline constexpr std::size_t composites_per_user_max = 64;
inline constexpr std::size_t composites_max = 512;
/// Objects and lists in one another, in the input of a pipe and of its steps (the public
/// specification).
inline constexpr std::size_t pipe_input_depth_max = 64;
/// Texts that are longer are no references in a pipe (the public specification).
inline constexpr std::size_t pipe_reference_units_max = 1024;
/// How long a command may wait for an actor's answer. Longer than the slowest healthy commit,
/// shorter than a person's or a client's patience.
inline constexpr auto ask_timeout = 5s;
/// Lines of bad input spelled out in one VALIDATION_ERROR.
inline constexpr std::size_t validation_errors_max = 20;
/// "Did you mean": at least this alike, this many at most (contract, section 7).
inline constexpr double similarity_min = 0.4;
inline constexpr std::size_t similar_commands_max = 3;

static_assert(search_timeout < ask_timeout);

// --- Who calls --------------------------------------------------------------------------------

/// API keys of a node, and keys that tokens are checked with; both are looked through one by one.
inline constexpr std::size_t api_keys_max = 10'000;
inline constexpr std::size_t access_keys_max = 100;
/// How far the clock of whoever signs tokens may be from ours.
inline constexpr auto clock_skew = 60s;
/// Files with keys: api_keys_max of them with the longest names fit.
inline constexpr std::size_t key_file_bytes_max = 8 * 1024 * 1024;
/// How soon a change of the API keys takes effect.
inline constexpr auto key_file_interval = 1s;

// --- Rates: see also the flags that change them ------------------------------------------------

/// Handoffs a minute of one user, or address …
inline constexpr unsigned handoffs_per_minute = 10;
/// … and where all people of a machine are one, without authentication.
inline constexpr unsigned handoffs_per_minute_of_all = 600;
/// Commands a second; twice as many after a pause.
inline constexpr unsigned commands_per_second = 50;
/// What a session may say in a second; twice as much after a pause. Faster than anybody reads.
inline constexpr unsigned messages_per_second = 20;
/// A session that goes on all the same is refused so often, then closed (1008).
inline constexpr double refusals_burst = 50;
inline constexpr double refusals_per_second = 1;
/// Requests of one address that do not show who sends them, or wrongly.
inline constexpr double unknown_requests_per_second = 1;
inline constexpr double unknown_requests_burst = 60;
/// Lines of refusals in the audit log, in all: whoever floods it must not push out what happened.
inline constexpr double audit_refusals_per_second = 1;
inline constexpr double audit_refusals_burst = 500;
/// Frames of one connection that cost no credit: pings and pongs of both kinds, ignored and broken
/// frames, short pieces of messages. Clients send one in some seconds; past it: 1008.
inline constexpr double free_frames_per_second = 2;
inline constexpr double free_frames_burst = 60;
/// Users and addresses whose calls are counted; the idle ones are forgotten first. 5 MB at most.
inline constexpr std::size_t rate_callers_max = 20'000;

// --- TLS --------------------------------------------------------------------------------------

/// From a connection to the end of its handshake. Clients need two round trips of it; the rest is
/// for a node to which 20,000 come back at once: a handshake is half a millisecond of one core.
inline constexpr auto tls_handshake_timeout = 15s;
/// Steps of handshakes a loop takes in one turn: 2 ms, in which the others wait.
inline constexpr int long_per_turn = 4;
/// Ciphertext waiting for one socket: what is encrypted for one write, and a long chain of
/// certificates. Over it: a peer that keeps us answering, and does not read.
inline constexpr std::size_t tls_output_bytes_max = 128 * 1024;

// --- HTTP -------------------------------------------------------------------------------------

/// Request line and headers; cookies and tokens fit, floods do not.
inline constexpr std::uint32_t http_header_bytes_max = 16 * 1024;
/// A request body: 100 batched commands of the longest text fit.
inline constexpr std::size_t http_body_bytes_max = 1024 * 1024;
/// From a request's first byte to its last.
inline constexpr auto http_request_timeout = 10s;
/// A kept-alive connection without a request. Longer than the 60 s after which nginx, AWS and most
/// balancers let go of theirs: whoever closes first must be the one that sends requests.
inline constexpr auto http_keep_alive_timeout = 75s;
/// A client that does not read its answer.
inline constexpr auto http_stall_timeout = 60s;
/// How deep incoming JSON may nest: an input of pipe_input_depth_max levels in its envelopes, and
/// some more, so that what is deeper is told so by name.
inline constexpr std::size_t json_depth_max = 96;
/// Server-sent event streams: a comment keeps proxies from closing them.
inline constexpr auto sse_keepalive_interval = 15s;
/// Event streams of a node: each holds a socket for hours; few agents need one.
inline constexpr std::size_t sse_streams_max = 1'000;
/// Rooms that are streamed at a time: each holds a socket and a parked poll.
inline constexpr std::size_t live_streams_max = 1'000;
/// What of a history goes out at once, in UTF-16 code units, and the pause behind it: 1.6 million a
/// second, which a client that reads keeps up with, and fifty polls a second of the busiest room.
inline constexpr std::int64_t stream_page_chars = 32 * 1024;
inline constexpr auto stream_pause = 20ms;
/// What a client may ask for before its stream ends by itself: a day.
inline constexpr std::int64_t stream_messages_max = 1'000'000;
inline constexpr std::int64_t stream_for_ms_max = 86'400'000;
/// Answers waiting for a client that pipelines: past it no further request is taken up.
inline constexpr std::size_t http_answers_bytes_max = 64 * 1024;
/// Refused connections get their answer and this long to read it.
inline constexpr auto linger_timeout = 2s;

// --- MCP --------------------------------------------------------------------------------------

/// Sessions of a node: about 1 KB each. An agent has one, and many forget to end theirs.
inline constexpr std::size_t mcp_sessions_max = 20'000;
/// Of one user: past it the one idle longest goes, whose client begins anew; one with a stream or a
/// call under way goes last. Where all are one user (`--auth none`), that is everybody on the
/// machine.
inline constexpr std::size_t mcp_sessions_per_user = 1'000;
/// A session nobody uses, from the end of its last stream or call on: as long as one of people.
inline constexpr auto mcp_session_idle_timeout = 30min;
/// Messages held for a session whose stream is not open (yet), the newest ones.
inline constexpr std::size_t mcp_held_messages_max = 64;
/// Resources one session, or one subscriptions/listen, watches: an agent is in a handful of rooms.
inline constexpr std::size_t mcp_subscriptions_max = 32;
/// Watches of a node: each is a poll parked in a room, a few KB.
inline constexpr std::size_t mcp_watches_max = 10'000;
/// A waiting call whose client wants to hear of its progress: hosts give up on a silent one after a
/// minute as a rule, some after half of one.
inline constexpr auto mcp_progress_interval = 10s;
/// How often open streams and subscriptions ask whether their client is still known.
inline constexpr auto mcp_credential_interval = 5s;
/// Characters of a tool's description: hosts cut what is longer.
inline constexpr std::size_t mcp_description_max = 1'024;
/// Between two notifications about one resource: no reader is faster, and each costs a command.
inline constexpr auto mcp_update_interval = 1s;
/// How long the poll behind a watch is parked in a room before it is asked again.
inline constexpr auto mcp_park_time = 30s;
/// Between two notifications that the list of rooms changed: who is in which room counts too.
inline constexpr auto mcp_rooms_interval = 5s;
/// A watch whose room cannot be read just now tries again after this.
inline constexpr auto mcp_retry_interval = 5s;
/// Items on one page of a list of tools, resources or prompts: all our tools fit on one.
inline constexpr std::size_t mcp_page_items = 100;
/// Values that a completion offers (specification: at most 100).
inline constexpr std::size_t mcp_completions_max = 100;
/// The latest messages of a room, as a resource: what a model reads without losing the thread.
inline constexpr std::size_t mcp_resource_messages = 50;
/// What one client was asked and has not answered, and how long a person may think about it.
inline constexpr std::size_t mcp_asked_max = 16;
inline constexpr auto mcp_ask_timeout = 5min;
/// How long clients may keep lists that change with a new version of the node only, and lists of
/// rooms (`ttlMs`).
inline constexpr auto mcp_fixed_ttl = 5min;
inline constexpr auto mcp_rooms_ttl = 5s;

// --- Webhooks ---------------------------------------------------------------------------------

/// Of one user, of one room, of a node: each is a poll parked in a room, and some KB.
inline constexpr std::size_t webhooks_per_user_max = 50;
inline constexpr std::size_t webhooks_per_room_max = 50;
inline constexpr std::size_t webhooks_max = 2'000;
/// The URL: any that a proxy lets pass.
inline constexpr std::size_t webhook_url_chars_max = 2'000;
/// Nobody renews what nobody needs any more.
inline constexpr auto webhook_lifetime = 30 * 24h;
/// What ended is still listed for so long, with the reason; of one user so many, the newest.
inline constexpr auto webhook_ended_retention = 24h;
inline constexpr std::size_t webhooks_ended_per_user_max = 20;
/// One delivery: so many messages, or so many bytes of them, but one message in any case.
inline constexpr std::size_t webhook_batch_messages_max = 100;
inline constexpr std::size_t webhook_batch_bytes_max = 256 * 1024;
/// Requests under way, of all and of one user: each holds a socket and a batch, about 16 MB in all.
inline constexpr std::size_t webhook_requests_max = 64;
inline constexpr std::size_t webhook_requests_per_user_max = 16;
/// Names of new URLs that are looked up at the same time, of all and of one user.
inline constexpr std::size_t webhook_lookups_max = 32;
inline constexpr std::size_t webhook_lookups_per_user_max = 4;
/// ... and for how long a registration waits for that: a second less than its command.
inline constexpr auto webhook_lookup_timeout = 4s;
static_assert(webhook_lookup_timeout < ask_timeout);
/// From the first packet to the status of the answer, and of it, until there is a connection.
inline constexpr auto webhook_request_timeout = 10s;
inline constexpr auto webhook_connect_timeout = 5s;
/// Of an answer: its headers, and what is read of its body, which nobody looks at.
inline constexpr std::uint32_t webhook_answer_header_bytes_max = 16 * 1024;
inline constexpr std::size_t webhook_answer_body_bytes_max = 8 * 1024;
/// A batch that was not taken is sent again after about this, then twice as long, and so on up to
/// the second, for as long as the third says. Then it is a dead letter.
inline constexpr auto webhook_backoff_min = 1s;
inline constexpr auto webhook_backoff_max = 5min;
inline constexpr auto webhook_patience = 1h;
/// Dead letters kept of one webhook: four days of a target that is gone.
inline constexpr std::size_t webhook_dead_letters_max = 100;
inline constexpr std::int64_t webhook_dead_letters_page = 50;
/// What is kept of why an attempt failed, in bytes.
inline constexpr std::size_t webhook_error_bytes_max = 200;
/// How long the poll behind a webhook is parked in its room before access is checked again without
/// anything having been said: a quiet room gives back its tail meanwhile.
inline constexpr auto webhook_park_time = 2 * room_idle_timeout;
/// A start asks for the rooms of webhooks one after the other, so far apart: each is read from the
/// disk, and others wait for it.
inline constexpr auto webhook_start_interval = 5ms;
/// A room or a store that cannot be used just now is asked again after this.
inline constexpr auto webhook_retry_interval = 5s;

// --- WebSocket --------------------------------------------------------------------------------

/// One client message; text of 2000 units is at most 12,000 bytes of escaped JSON.
inline constexpr std::size_t ws_message_bytes_max = 64 * 1024;
/// How long a socket may stay without presenting its token (contract, section 4).
inline constexpr auto ws_auth_timeout = 10s;
/// Silence after which a ping goes out, and after which the peer counts as gone.
inline constexpr auto ws_ping_interval = 30s;
inline constexpr auto ws_dead_timeout = 75s;
/// How long a closing handshake may take.
inline constexpr auto ws_close_timeout = 5s;
/// Bytes waiting for one socket; 10,000 short messages. Over it: a slow consumer (4008).
inline constexpr std::size_t outbox_bytes_max = 1024 * 1024;
/// What a room publishes at once, encoded: a quarter of an outbox, so that nobody who reads is
/// taken for slow because many wrote at the same time.
inline constexpr std::size_t publish_bytes_max = outbox_bytes_max / 4;
/// What whoever comes back gets of what it missed: so many of the newest messages …
inline constexpr std::size_t catch_up_max = 1'000;
/// … as fit half an outbox, encoded, which leaves room for what is said meanwhile.
inline constexpr std::size_t catch_up_bytes_max = outbox_bytes_max / 2;
/// Posts of one connection not yet committed or refused; at the limit it is not read from.
inline constexpr std::uint32_t inflight_max = 64;
static_assert(std::chrono::seconds(ws_dead_timeout) > 2 * std::chrono::seconds(ws_ping_interval));

// --- Storage ----------------------------------------------------------------------------------

/// Under load a loop's rooms hand over what they gathered not sooner than this after the last time:
/// a batch is cheaper than its parts, and one socket write then carries all of it.
inline constexpr auto commit_interval = 500us;
/// A loop whose writes take long waits as long again for more to carry, but not longer than this.
inline constexpr auto commit_patience_max = 3ms;
static_assert(commit_interval < commit_patience_max);
/// A batch is committed early at this size.
inline constexpr std::size_t batch_bytes_max = 4 * 1024 * 1024;
/// Messages that wait for the disk, in all rooms: seconds of the fastest load a node was seen to
/// take. Past it posts are refused as retryable.
inline constexpr std::size_t waiting_bytes_max = 64 * 1024 * 1024;
static_assert(batch_bytes_max < waiting_bytes_max);
/// What search knows of a word, in characters: longer ones are addresses and keys.
inline constexpr std::size_t word_chars_max = 64;
/// Messages that search knows the words of as one stretch of a room (storage/word_index.hpp): fewer
/// and the index is large, more and every hit reads much. What is in no stretch yet is read itself.
inline constexpr std::size_t word_stretch_messages = 512;
/// … or fewer, where they take so many bytes.
inline constexpr std::size_t word_stretch_bytes = 256 * 1024;
/// The writing thread indexes at most for this share of its time, so that nobody waits for it.
inline constexpr int word_index_share = 10;  // one part in so many
/// While writing fails, how often the store is tried again.
inline constexpr auto recover_interval = 1s;

// --- The process ------------------------------------------------------------------------------

/// Connections of all kinds; below the usual 20,000 descriptors with room for the store's files.
inline constexpr std::size_t connections_max = 19'500;
/// Of them, those whose peer has not shown who it is: whatever strangers do, the other half is for
/// people. Each gets a few seconds, so that a storm of those who come back passes.
inline constexpr std::size_t unknown_connections_max = connections_max / 2;
/// Connections of one address (IPv6: one network of 64 bits): an office behind its router, or the
/// agents of one machine.
inline constexpr unsigned connections_per_address = 1'000;
/// Descriptors that connections leave alone: the store's tables and logs (database.cpp) and what
/// every process has. Where the system allows few in all, half of them.
inline constexpr std::size_t descriptors_reserved = 500;
/// After running out of descriptors, accepting pauses for this long.
inline constexpr auto accept_pause = 100ms;
/// A stopping node says goodbye to so many connections a second: their clients come back at once,
/// and whoever takes over should not see all of them in the same moment.
inline constexpr unsigned drain_rate = 5'000;
/// SIGTERM to exit 0, besides the time that takes.
inline constexpr auto shutdown_timeout = 5s;
/// Of it, the time closing handshakes may take.
inline constexpr auto drain_timeout = 2s;
static_assert(drain_timeout < shutdown_timeout);
/// How long a node that starts waits for the store of one that is stopping. With the slowest
/// drain_rate a node may have, an operator has given up on one of them by then.
inline constexpr auto handover_timeout = 60s;
/// How long a node waits for an address or a store that another one has without saying that it is
/// stopping: it may have been told to only now (`kill $old; chatd`). One started by mistake is
/// refused this much later.
inline constexpr auto handover_grace = 1s;
/// Once the next node gets what comes, the old one listens so much longer: handshakes that began
/// with it can only end with it, else the kernel resets them. A round trip to the other side of the
/// world; nobody is served slower by more than that.
inline constexpr auto handshake_settle = 200ms;
/// How long `chatd backup` waits for a node to make a checkpoint: it looks every second, and writes
/// at most what is not in files yet.
inline constexpr auto backup_timeout = 60s;
inline constexpr unsigned threads_max = 256;

}  // namespace chat::limits
