#!/usr/bin/python3
"""Peers that are gone from one moment to the next (RST), in the middle of a frame, of a request, of
an upgrade: nothing of them stays behind, and nobody else notices."""

import asyncio
import base64
import json
import os
import socket
import struct
import unittest

from fault import Progress, await_that, choices, descriptors, rounds
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say
from lib.node import Node
from lib.raw_ws import TEXT, Peer, frame

ROUNDS = rounds(short=10, long=500)
PEERS_A_ROUND = 20


def reset(sock):
    """Gone without a goodbye: what was sent last may not even arrive."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def in_a_request(node, rng):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat-send",
                       "params": {"roomId": "help", "text": "x" * 1000}}).encode()
    whole = (b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             b"Content-Length: %d\r\n\r\n" % len(body)) + body
    sock = socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S)
    # At times all of it: then the answer finds nobody.
    sock.sendall(whole[:rng.randint(0, len(whole))])
    reset(sock)


def in_an_upgrade(node, rng):
    key = base64.b64encode(os.urandom(16))
    whole = (b"GET /rooms/general HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % key)
    sock = socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S)
    sock.sendall(whole[:rng.randint(1, len(whole))])
    reset(sock)


def in_a_frame(node, rng):
    """A member: its session has to be known as disconnected afterwards. Answers its id."""
    credentials = node.must("chat-connect", {"roomId": "general", "nickname": "Rude"})["credentials"]
    peer = Peer(node.port, f"/rooms/general?token={credentials['token']}")
    if rng.random() < 0.8:
        peer.next()  # the welcome; else it is gone while it joins
    whole = frame(TEXT, say("never said " + "x" * rng.randint(0, 1000)))
    peer.send(whole[:rng.randint(1, len(whole) - 1)])
    reset(peer.socket)
    return credentials["sessionId"]


class Reset(unittest.TestCase):
    def test_nothing_stays_behind(self):
        rng = choices()
        with Node() as node:
            node.must("node-status")  # its own connection
            before = descriptors(node)
            progress, gone, sessions = Progress(ROUNDS), 0, []
            for number in progress:
                sessions += asyncio.run(self.one_round(node, number, rng))
                gone += PEERS_A_ROUND
            self.check_all_gone(node, before)
            for session in rng.sample(sessions, min(len(sessions), 50)):
                status = node.must("chat-status", {"sessionId": session})
                self.assertIn(status["state"], ("disconnected", "pending"), status)
            self.assertEqual(node.must("node-status")["sessions"]["connected"], 0)
            participants = {r["id"]: r["participants"] for r in node.must("chat-rooms")["rooms"]}
            self.assertEqual(set(participants.values()), {0}, participants)
            self.assertNotIn("never said", json.dumps(node.history("general")))
            node.stop()
            progress.report(f"{gone} peers reset: no connection, descriptor or member stayed behind")

    async def one_round(self, node, number, rng):
        """Two members talk while the others come and go: they get everything, in order."""
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "general", "Ada")
        bob = await join(rpc, "general", "Bob")
        sessions = []
        for i in range(PEERS_A_ROUND):
            # The node runs in its own process, so that this does not keep it waiting.
            sessions.append(rng.choice((in_a_request, in_an_upgrade, in_a_frame))(node, rng))
            text = f"{number} {i}"
            await ada.send(say(text))
            self.assertEqual((await next_of(bob, "message"))["text"], text)
        for each in (ada, bob):
            await each.close()
        rpc.close()
        return [session for session in sessions if session]

    def check_all_gone(self, node, before):
        def open_now():
            return node.must("node-status")["connections"]
        await_that(lambda: open_now()["open"] == 1, TIMEOUT_S, "only our own connection is open")
        self.assertEqual(open_now()["webSockets"], 0)
        await_that(lambda: descriptors(node) <= before, TIMEOUT_S, "descriptors are given back")


if __name__ == "__main__":
    unittest.main(verbosity=2)
