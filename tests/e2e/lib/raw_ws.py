"""A WebSocket peer on a bare socket, free to break every rule. Written for these tests only."""

import base64
import hashlib
import os
import select
import socket
import struct
import time

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}
ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TIMEOUT_S = 60


def mask_bytes(data, key):
    """XOR with the repeated key; as one big number, since Python's loops are slow."""
    size = len(data)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True):
    """One client frame. Its mask is random, as the protocol wants it."""
    if isinstance(payload, str):
        payload = payload.encode()
    size, bit = len(payload), 0x80 if masked else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += struct.pack("!BH", bit | 126, size)
    else:
        head += struct.pack("!BQ", bit | 127, size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask_bytes(payload, key)


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Peer:
    """A client socket after the upgrade. It reads while it writes, so that neither side blocks.

    What comes in are events: (name, payload) for text, binary, ping and pong, ("close", code,
    reason) with code None when there is none, then ("eof",) or ("reset",)."""

    def __init__(self, port, path="/", receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                            b"Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                            b"Sec-WebSocket-Version: 13\r\n\r\n" % (path.encode(), port, key))
        self.buffer = bytearray()
        self.ended = None  # "eof" or "reset"
        while b"\r\n\r\n" not in self.buffer:
            chunk = self.socket.recv(4096)
            assert chunk, f"no upgrade: {bytes(self.buffer)!r}"
            self.buffer += chunk
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT_GUID).digest())
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"sec-websocket-accept: " + accept.lower() in head.lower(), head
        self.buffer = bytearray(rest)
        self.socket.setblocking(False)
        self.partial = None  # [name, payload] of a fragmented message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, chop=None):
        """Sends all of it, in pieces of `chop` bytes that leave one by one. False when the other
        side is gone."""
        step = chop or len(data) or 1
        for begin in range(0, len(data), step):
            view = memoryview(data)[begin:begin + step]
            while view:
                readable, writable, _ = select.select([] if self.ended else [self.socket],
                                                      [self.socket], [], TIMEOUT_S)
                assert readable or writable, "the server neither reads nor writes"
                if readable:
                    self._receive()
                if writable:
                    try:
                        view = view[self.socket.send(view):]
                    except BlockingIOError:
                        continue
                    except (ConnectionResetError, BrokenPipeError):
                        return False
        return True

    def _receive(self):
        try:
            chunk = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.ended = "reset"
            return
        if not chunk:
            self.ended = "eof"
        self.buffer += chunk

    def _take_frame(self):
        if len(self.buffer) < 2:
            return None
        first, second = self.buffer[0], self.buffer[1]
        assert first & 0x70 == 0, f"reserved bits from the server: {first:#x}"
        assert second & 0x80 == 0, "a masked frame from the server"
        size, at = second, 2
        if second >= 126:
            wide = 2 if second == 126 else 8
            if len(self.buffer) < 2 + wide:
                return None
            size, at = int.from_bytes(self.buffer[2:2 + wide], "big"), 2 + wide
            assert size > (125 if second == 126 else 65535), "a length not written the shortest way"
        if len(self.buffer) < at + size:
            return None
        payload = bytes(memoryview(self.buffer)[at:at + size])
        del self.buffer[:at + size]
        return bool(first & 0x80), first & 0x0F, payload

    def _event_of(self, fin, opcode, payload):
        if opcode >= 8:
            assert fin and len(payload) <= 125, "a control frame that is none"
            if opcode != CLOSE:
                return NAMES[opcode], payload
            assert len(payload) != 1, "a close frame with half a code"
            if not payload:
                return "close", None, b""
            return "close", int.from_bytes(payload[:2], "big"), payload[2:]
        if opcode == CONT:
            assert self.partial, "a continuation of nothing"
            self.partial[1] += payload
        else:
            assert not self.partial, "a new message within one"
            self.partial = [NAMES[opcode], payload]
        if not fin:
            return None
        name, whole = self.partial
        self.partial = None
        return name, whole

    def next(self, timeout_s=TIMEOUT_S):
        """The next event; fails when there is none in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            taken = self._take_frame()
            if taken:
                event = self._event_of(*taken)
                if event:
                    return event
                continue
            if self.ended:
                assert not self.buffer, f"half a frame at the end: {bytes(self.buffer[:40])!r}"
                return (self.ended,)
            readable, _, _ = select.select([self.socket], [], [],
                                           max(0, deadline - time.monotonic()))
            assert readable, f"nothing came within {timeout_s} s"
            self._receive()

    def rest(self):
        """All events until the server has closed the TCP connection."""
        events = []
        while True:
            events.append(self.next())
            if events[-1][0] in ("eof", "reset"):
                return events
