#pragma once
// Every door of the node: takes one request and answers it, now or later.

#include "net/http_config.hpp"

namespace chat::doors {

/// GET / and /assets/…: the web pages, compressed as the client likes it best.
void page(http_request& request, const door_context& context, responder respond);
/// GET /health: the node runs.
void health(http_request& request, const door_context& context, responder respond);
/// GET /ready: the node can serve, or 503 and why not.
void ready(http_request& request, const door_context& context, responder respond);
/// GET /metrics: what the node counts, as Prometheus' text.
void metrics(http_request& request, const door_context& context, responder respond);
/// POST /rpc: plain JSON-RPC; the method is a command, the result its CommandResult.
void rpc(http_request& request, const door_context& context, responder respond);
/// POST /batch: afd-batch, with a status of its own for what is no batch.
void batch(http_request& request, const door_context& context, responder respond);
/// GET and POST /stream/{command}: the answer as chunks of an event stream.
void stream(http_request& request, const door_context& context, responder respond);
/// GET /llms.txt: what agents should know of this node, in words.
void llms(http_request& request, const door_context& context, responder respond);
/// GET /openapi.json: commands and doors as OpenAPI 3.1.
void openapi(http_request& request, const door_context& context, responder respond);
/// POST /message: MCP in JSON-RPC; answers in the body, or on the stream of `?sessionId=`.
void message(http_request& request, const door_context& context, responder respond);
/// POST /mcp: MCP's Streamable HTTP, with sessions (2025-03-26 to 2025-11-25) or without
/// (2026-07-28).
void mcp_post(http_request& request, const door_context& context, responder respond);
/// GET /mcp: a session's event stream.
void mcp_get(http_request& request, const door_context& context, responder respond);
/// DELETE /mcp: ends a session.
void mcp_delete(http_request& request, const door_context& context, responder respond);
/// GET /rooms/{roomId}/events: what happens in the room, to whoever shows a session's token.
void room_events(http_request& request, const door_context& context, responder respond);
/// GET /sse: the event stream of an MCP session (MCP 2024-11-05, HTTP with SSE).
void sse(http_request& request, const door_context& context, responder respond);

}  // namespace chat::doors
