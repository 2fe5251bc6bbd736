"""Chat clients on asyncio: python3-websockets for sockets, a small HTTP client for commands."""

import asyncio
import json

import websockets

TIMEOUT_S = 60


class Rpc:
    """Commands over POST /rpc on one kept-alive connection."""

    @classmethod
    async def open(cls, port, tls=None):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24,
                                                                 ssl=tls)
        self.port = port
        self.tls = tls  # an ssl.SSLContext, or None
        return self

    async def call(self, command, data=None):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": data or {}})
        body = body.encode()
        self.writer.write(b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json"
                          b"\r\nContent-Length: %d\r\n\r\n" % (self.port, len(body)) + body)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), TIMEOUT_S)
        lines = head.decode().split("\r\n")
        assert lines[0].startswith("HTTP/1.1 200 "), f"{command}: {lines[0]}"
        length = next(int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length:"))
        answer = await asyncio.wait_for(self.reader.readexactly(length), TIMEOUT_S)
        return json.loads(answer)["result"]

    async def must(self, command, data=None):
        result = await self.call(command, data)
        assert result["success"], f"{command} {data}: {result}"
        return result["data"]

    async def history(self, room, since=None):
        """All messages of a room after `since`, by paging chat-poll."""
        messages = []
        while True:
            data = {"roomId": room, "limit": 100, **({"since": since} if since else {})}
            page = await self.must("chat-poll", data)
            messages += page["messages"]
            if not page["hasMore"]:
                return messages
            since = page["lastMessageId"]

    def close(self):
        self.writer.close()


async def join(rpc, room, nickname):
    """A WebSocket in a room, its welcome read."""
    handoff = await rpc.must("chat-connect", {"roomId": room, "nickname": nickname})
    socket = await websockets.connect(
        handoff["endpoint"] + "?token=" + handoff["credentials"]["token"],
        compression=None, ping_interval=None, max_queue=None, open_timeout=TIMEOUT_S,
        close_timeout=TIMEOUT_S, ssl=rpc.tls)
    welcome = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S))
    assert welcome["type"] == "welcome", welcome
    return socket


async def next_of(socket, kind, **fields):
    """The next frame of this type (and with these fields); others are skipped."""
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S))
        if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
            return frame


def say(text, client_id=None):
    event = {"type": "message", "text": text}
    if client_id:
        event["clientMessageId"] = client_id
    return json.dumps(event)
