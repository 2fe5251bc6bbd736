#!/usr/bin/python3
"""chatd backup: all that was acknowledged when it was called, of a node that runs and of one that is
stopped; what it makes is a data directory."""

import os
import stat
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node, run_chatd  # noqa: E402


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-backup-")
        self.addCleanup(self.folder.cleanup)
        self.to = os.path.join(self.folder.name, "backups", "one")

    def node(self, *flags, **more):
        node = Node(*flags, **more)
        self.addCleanup(node.close)
        return node

    def back_up(self, node, to=None):
        return run_chatd("backup", "--data", node.data, "--to", to or self.to)

    def texts(self, data):
        restored = self.node(data=data).start()
        texts = [m["text"] for m in restored.history("general")]
        restored.stop()
        return texts

    def leaves_nothing(self, data):
        self.assertEqual([f for f in os.listdir(data) if f.startswith("chatd.backup")], [])

    def test_of_a_node_that_runs(self):
        node = self.node("--rate-limits", "off").start()
        said = [f"message {i}" for i in range(200)]
        for text in said:
            node.must("chat-send", {"roomId": "general", "text": text})
        over = threading.Event()
        later = []

        def talk():
            while not over.is_set():
                later.append(f"later {len(later)}")
                node.must("chat-send", {"roomId": "general", "text": later[-1]})

        talker = threading.Thread(target=talk)
        talker.start()
        done = self.back_up(node)
        over.set()
        talker.join()
        self.assertEqual((done.returncode, done.stdout), (0, self.to + "\n"), done.stderr)
        self.assertEqual(stat.S_IMODE(os.stat(self.to).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.to + "/token-secret").st_mode), 0o600)
        self.leaves_nothing(node.data)
        handoff = node.must("chat-connect", {"roomId": "general", "nickname": "Ada"})
        node.kill()
        self.assertEqual(self.texts(node.data), said + later)
        restored = self.texts(self.to)
        self.assertEqual(restored, (said + later)[:len(restored)])
        self.assertGreaterEqual(len(restored), len(said))
        # A second one is complete, and the session of after the first is in it.
        node.start()
        second = self.to + "-2"
        self.assertEqual(self.back_up(node, second).returncode, 0)
        node.stop()
        self.assertEqual(self.texts(second), said + later)
        again = self.node(data=second).start()
        status = again.must("chat-status", {"sessionId": handoff["credentials"]["sessionId"]})
        self.assertEqual(status["state"], "pending")
        again.stop()

    def test_of_a_node_that_is_stopped(self):
        node = self.node().start()
        node.must("chat-send", {"roomId": "general", "text": "stored"})
        node.kill()
        self.assertEqual(self.back_up(node).returncode, 0)
        self.leaves_nothing(node.data)
        self.assertEqual(self.texts(self.to), ["stored"])
        self.assertEqual(self.texts(node.data), ["stored"])

    def test_what_it_refuses(self):
        node = self.node().start()
        for to, data, words in ((self.folder.name, node.data, "is there already"),
                                (self.to, self.folder.name, "there is no store"),
                                ("/proc/nowhere/x", node.data, "cannot write")):
            done = run_chatd("backup", "--data", data, "--to", to)
            self.assertEqual((done.returncode, done.stdout), (2, ""), to)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 2 if words == "cannot write" and
                             "copying" in done.stderr else 1, done.stderr)
            self.leaves_nothing(node.data)
        for args in ((), ("--to",), ("--nonsense",)):
            done = run_chatd("backup", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
        self.assertIn("--to", run_chatd("backup", "--help").stdout)
        node.must("chat-rooms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
