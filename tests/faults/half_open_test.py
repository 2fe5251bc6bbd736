#!/usr/bin/python3
"""A thousand connections that begin and do not go on: each is ended when its time is up, with an
answer where the protocol has one, and everybody else is served meanwhile.

Those that send nothing at all have a minute (limits::http_idle_timeout): that is waited for in the
long form only."""

import asyncio
import base64
import os
import selectors
import socket
import time
import unittest

from fault import LONG, Progress, await_that, descriptors, rounds
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say
from lib.node import Node

ROUNDS = rounds(short=1, long=3)
COUNT = 1000
REQUEST_TIMEOUT_S = 10  # limits::http_request_timeout, and ws_auth_timeout
IDLE_TIMEOUT_S = 60  # limits::http_idle_timeout
MARGIN_S = 15  # deadlines are looked at once a second; the machine may be busy

HALF_HEAD = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
HALF_BODY = (b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             b"Content-Length: 1000\r\n\r\n{\"jsonrpc\"")
UPGRADE = (b"GET /rooms/general HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n")
# What is sent, and what has to come back before the end.
KINDS = (
    ("half a head", lambda: HALF_HEAD, b"HTTP/1.1 408 "),
    ("half a body", lambda: HALF_BODY, b"HTTP/1.1 408 "),
    ("half an upgrade", lambda: UPGRADE[:120], b"HTTP/1.1 408 "),
    ("an upgrade and no token", lambda: UPGRADE % base64.b64encode(os.urandom(16)), b"Missing token"),
    ("nothing", lambda: b"", b""),
)


class HalfOpen:
    """One such connection; everything it gets until its end."""

    def __init__(self, port, kind):
        self.name, make, self.expected = kind
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.sendall(make())
        self.socket.setblocking(False)
        self.got = b""

    def ended(self):
        """Reads; whether the node has ended it."""
        try:
            chunk = self.socket.recv(65536)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True
        self.got += chunk
        return not chunk


def await_ends(waiting, until):
    """Reads from all of them until all have ended; answers those that have not in time."""
    with selectors.DefaultSelector() as selector:
        for each in waiting:
            selector.register(each.socket, selectors.EVENT_READ, each)
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(max(0, until - time.monotonic())):
                if key.data.ended():
                    selector.unregister(key.fileobj)
        return [key.data for key in selector.get_map().values()]


class HalfOpenTest(unittest.TestCase):
    def test_a_thousand(self):
        with Node() as node:
            node.must("node-status")
            before = descriptors(node)
            progress, ended = Progress(ROUNDS), 0
            for _ in progress:
                ended += self.one_round(node)
                await_that(lambda: node.must("node-status")["connections"]["open"] == 1, TIMEOUT_S,
                           "the counters know of the end")
                await_that(lambda: descriptors(node) <= before, TIMEOUT_S,
                           "descriptors are given back")
            self.assertEqual(node.must("node-status")["connections"]["webSockets"], 0)
            node.stop()
            progress.report(f"{ended} half-open connections ended in time, others were served")

    def one_round(self, node):
        began = time.monotonic()
        everyone = [HalfOpen(node.port, KINDS[i % len(KINDS)]) for i in range(COUNT)]
        for each in everyone:
            self.addCleanup(each.socket.close)
        await_that(lambda: node.must("node-status")["connections"]["open"] == COUNT + 1, TIMEOUT_S,
                   "all of them are open")
        asyncio.run(self.others_are_served(node))
        silent = [each for each in everyone if each.name == "nothing"]
        begun = [each for each in everyone if each.name != "nothing"]
        left = await_ends(begun, began + REQUEST_TIMEOUT_S + MARGIN_S)
        self.assertEqual([each.name for each in left], [])
        self.assertGreater(time.monotonic() - began, REQUEST_TIMEOUT_S / 2, "ended before its time")
        if LONG:
            left = await_ends(silent, began + IDLE_TIMEOUT_S + MARGIN_S)
            self.assertEqual([each.name for each in left], [])
        for each in everyone:
            self.assertIn(each.expected, each.got, each.name)
            each.socket.close()
        return COUNT if LONG else len(begun)

    async def others_are_served(self, node):
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "help", "Ada")
        bob = await join(rpc, "help", "Bob")
        for i in range(50):
            await ada.send(say(f"message {i}"))
            await next_of(bob, "message", text=f"message {i}")
            await rpc.must("chat-rooms")
        for each in (ada, bob):
            await each.close()
        rpc.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
