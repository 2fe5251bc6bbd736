#!/usr/bin/python3
"""A disk that takes longer to sync than a stop usually lasts: the node ends with 0 all the same, and
what was acknowledged is there."""

import os
import signal
import unittest

from fault import SharedNumber, preloaded
from lib.node import Node

SYNC_MS = 2500  # one is little; a stop has several: the log, a table, the list of tables
PATIENCE_S = 40


class SlowDisk(unittest.TestCase):
    def test_a_stop_waits_for_the_disk(self):
        delay = SharedNumber()
        self.addCleanup(delay.close)
        node = Node("--durability", "power")
        self.addCleanup(node.close)
        node.env.update(preloaded("late_sync", FAULT_DATA=os.path.realpath(node.data),
                                  FAULT_SYNC_MS=delay.path))
        node.start()
        node.must("chat-send", {"roomId": "general", "text": "stored"})
        delay.set(SYNC_MS)
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.await_exit(PATIENCE_S), 0, node.stderr())
        node._forget()
        delay.set(0)
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")], ["stored"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
