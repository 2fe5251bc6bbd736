#!/usr/bin/python3
"""A disk that takes longer to sync than a stop usually lasts: the node ends with 0 all the same, and
what was acknowledged is there."""

import os
import signal
import unittest

from fault import SharedNumber, preloaded
from lib.node import Node

LONGER_THAN_A_STOP_S = 7
PATIENCE_S = 40


class SlowDisk(unittest.TestCase):
    def test_a_stop_waits_for_the_disk(self):
        stuck = SharedNumber()
        self.addCleanup(stuck.close)
        node = Node("--durability", "power")
        self.addCleanup(node.close)
        node.env.update(preloaded("slow_sync", FAULT_DATA=os.path.realpath(node.data),
                                  FAULT_SLOW_SYNC=stuck.path))
        node.start()
        node.must("chat-send", {"roomId": "general", "text": "stored"})
        stuck.set(1)  # no sync comes to its end
        node.send_signal(signal.SIGTERM)
        self.assertIsNone(node.await_exit(LONGER_THAN_A_STOP_S), node.stderr())
        stuck.set(0)
        self.assertEqual(node.await_exit(PATIENCE_S), 0, node.stderr())
        node._forget()
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")], ["stored"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
