#!/usr/bin/python3
"""Out of descriptors: who is in goes on, accepting pauses and comes back by itself, the log says so
once; and connections never take the descriptors that the store needs."""

import asyncio
import json
import resource
import socket
import unittest

from fault import Progress, await_that, descriptors, rounds
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say
from lib.node import Node, is_sanitized

ROUNDS = rounds(short=2, long=50)
SPARE = 20  # descriptors left when the limit comes down
CROWD = 60  # who then want one
TEXT = "€" * 1900


class Descriptors(unittest.TestCase):
    @unittest.skipIf(is_sanitized(), "UBSan reads objects through a pipe: without a descriptor for it "
                                     "it takes every object for a broken one")
    def test_accepting_pauses_and_recovers(self):
        with Node() as node:
            progress, waited = Progress(ROUNDS), 0
            everything = resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)
            for _ in progress:
                waited += asyncio.run(self.one_round(node))
                resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, everything)
            self.assertGreater(node.must("node-status")["connections"]["refused"], 0)
            said = node.stderr().count("Cannot accept connections for now")
            self.assertLessEqual(1, said)
            self.assertLessEqual(said, ROUNDS)
            node.stop()
            progress.report(f"{waited} connections waited for a descriptor and got one; said in "
                            f"{said} line(s)")

    async def one_round(self, node):
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "general", "Ada")
        bob = await join(rpc, "general", "Bob")
        before = descriptors(node)
        limit = before + SPARE
        resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE,
                         (limit, resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)[1]))
        crowd = [socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S)
                 for _ in range(CROWD)]  # in the kernel's queue, most of them
        for each in crowd:
            each.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await_that(lambda: descriptors(node) >= limit, TIMEOUT_S, "descriptors run out")
        # Who is in goes on.
        for i in range(20):
            await ada.send(say(f"message {i}"))
            await next_of(bob, "message", text=f"message {i}")
        assert (await rpc.must("node-status"))["connections"]["open"] > 0
        # Each that leaves makes room for one that waits: all of them are served.
        for each in crowd:
            assert each.recv(4096).startswith(b"HTTP/1.1 200 "), "not served"
            each.close()
        await_that(lambda: descriptors(node) <= before, TIMEOUT_S, "descriptors are given back")
        for each in (ada, bob):
            await each.close()
        rpc.close()
        return CROWD - SPARE

    def test_connections_leave_the_store_its_own(self):
        """A limit as in many a container. The store opens files all the while: it gets them."""
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        node = Node(before=lower)
        self.addCleanup(node.close)
        node.start()
        asyncio.run(self.fill(node))
        node.stop()
        self.assertIn("256 descriptors are allowed: at most 128 connections", node.stderr())
        self.assertNotIn("cannot commit", node.stderr())

    async def fill(self, node):
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "general", "Ada")
        crowd = []
        refused = 0
        for _ in range(200):
            each = socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S)
            each.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            refused += each.recv(4096).startswith(b"HTTP/1.1 503 ")
            crowd.append(each)
        self.assertEqual(refused, 200 - (128 - 2))
        # Beyond a write buffer of the store's (8 MiB): new logs, new tables.
        for i in range(40):
            for j in range(50):
                await ada.send(say(TEXT, f"{i} {j}"))
            for j in range(50):
                event = json.loads(await asyncio.wait_for(ada.recv(), TIMEOUT_S))
                self.assertEqual((event["type"], event["clientMessageId"]), ("message", f"{i} {j}"))
        for each in crowd:
            each.close()
        await ada.close()
        rpc.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
