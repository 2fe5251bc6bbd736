#!/usr/bin/python3
"""A disk that the kernel makes read-only under a running node: clear refusals, reading goes on, and
the node goes on by itself when the disk is back. Root may write anywhere, so that the disk is
read_only.cpp: it refuses as such a file system does."""

import asyncio
import json
import os
import shutil
import tempfile
import unittest

from fault import Progress, SharedNumber, preloaded, rounds
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say
from lib.node import Node, StartFailed

ROUNDS = rounds(short=2, long=50)
RECOVERY_S = 30


class ReadOnly(unittest.TestCase):
    def setUp(self):
        self.switch = SharedNumber()
        self.addCleanup(self.switch.close)
        self.place = tempfile.mkdtemp(prefix="chatd-read-only-")
        self.addCleanup(shutil.rmtree, self.place)
        data = os.path.join(self.place, "data")
        env = preloaded("read_only", FAULT_DATA=data, FAULT_READ_ONLY=self.switch.path)
        self.node = Node(data=data, env=env)
        self.addCleanup(self.node.close)

    def test_under_a_running_node(self):
        node, acked = self.node.start(), []
        progress, refused = Progress(ROUNDS), 0
        for number in progress:
            refused += asyncio.run(self.one_round(number, acked))
            self.assertEqual([m["text"] for m in node.history("general")], acked)
        node.stop()
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")], acked)
        node.stop()
        progress.report(f"read-only and back, {len(acked)} acknowledged, none lost; "
                        f"{refused} refused, none of them there")

    async def one_round(self, number, acked):
        node = self.node
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "general", "Ada")
        bob = await join(rpc, "general", "Bob")

        async def speak(text):
            """Whether it was stored: then both have it."""
            await ada.send(say(text, text))
            while True:
                event = json.loads(await asyncio.wait_for(ada.recv(), TIMEOUT_S))
                if event["type"] == "error":
                    self.assertEqual(event["code"], "STORAGE_UNAVAILABLE", event)
                    return False
                if event["type"] == "message":
                    self.assertEqual((await next_of(bob, "message"))["text"], text)
                    acked.append(text)
                    return True

        self.assertTrue(await speak(f"{number} before"))
        self.switch.set(1)
        for i in range(5):
            self.assertFalse(await speak(f"{number} refused {i}"))
        self.assertEqual((node.status_of("/health"), node.status_of("/ready")), (200, 503))
        self.assertEqual([m["text"] for m in node.history("general")], acked)
        handoff = await rpc.call("chat-connect", {"roomId": "general"})
        self.assertEqual(handoff["error"]["code"], "STORAGE_UNAVAILABLE", handoff)
        self.switch.set(0)
        node.await_status("/ready", 200, RECOVERY_S)
        self.assertTrue(await speak(f"{number} after"))
        for socket in (ada, bob):
            await socket.close()
        rpc.close()
        return 5

    def test_start(self):
        """In one line, and not before it is writable."""
        for exists in (False, True):
            self.switch.set(1)
            with self.assertRaises(StartFailed) as failed:
                self.node.start()
            self.assertEqual(failed.exception.code, 2)
            lines = failed.exception.err.splitlines()[-1:]
            self.assertIn("Read-only file system", lines[0])
            self.assertIn(self.node.data, lines[0])
            self.switch.set(0)
            self.node.start()
            self.node.must("chat-send", {"roomId": "general", "text": f"exists: {exists}"})
            self.node.stop()

    def test_stop(self):
        """A node that cannot write stops as any other, and loses nothing of before."""
        node = self.node.start()
        node.must("chat-send", {"roomId": "general", "text": "before"})
        self.switch.set(1)
        refused = node.call("chat-send", {"roomId": "general", "text": "refused"})
        self.assertEqual(refused["error"]["code"], "STORAGE_UNAVAILABLE")
        node.stop()
        self.switch.set(0)
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")][:1], ["before"])
        node.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
