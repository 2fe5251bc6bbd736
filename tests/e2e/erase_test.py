#!/usr/bin/python3
"""What is deleted is gone from the node's files as well, a stated time later: from the store, after
restarts and however much is said meanwhile, and from backups that are made then."""

import os
import sys
import tempfile
import time
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node, run_chatd  # noqa: E402

PATIENCE_S = 60
LATER = 1500


def secret(what):
    """A text that nothing else has, and that no compression takes apart."""
    return f"{what}-{uuid.uuid4().hex}"


def files_with(directory, text):
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    if text.encode() in file.read():
                        found.append(name)
            except FileNotFoundError:  # removed meanwhile
                pass
    return found


class Erase(unittest.TestCase):
    def setUp(self):
        self.node = Node("--erase-after", "1").start()
        self.addCleanup(self.node.close)

    def say(self, room, text):
        return self.node.must("chat-send", {"roomId": room, "text": text})["messageId"]

    def await_gone(self, texts):
        deadline = time.monotonic() + PATIENCE_S
        while found := {text: files_with(self.node.data, text) for text in texts
                        if files_with(self.node.data, text)}:
            self.assertLess(time.monotonic(), deadline, f"still in {found}")
            time.sleep(0.2)

    def test_deleted_is_gone_from_files_and_backups(self):
        stays, deleted, edited, edit, room_text, room_name = map(
            secret, ("stays", "deleted", "edited", "edit", "room", "name"))
        self.node.must("chat-room-create", {"roomId": "team", "description": room_name})
        self.say("general", stays)
        first, second = self.say("general", deleted), self.say("general", edited)
        self.say("team", room_text)
        self.node.stop()
        self.node.start()  # all of it is in a table now
        self.node.must("chat-edit", {"roomId": "general", "messageId": first, "text": edit,
                                     "idempotencyKey": "k"})
        self.node.must("chat-edit", {"roomId": "general", "messageId": second, "text": "now this"})
        self.node.must("chat-delete", {"roomId": "general", "messageId": first})
        self.node.must("chat-room-delete", {"roomId": "team"})
        self.node.kill()
        self.node.start()
        for start in range(0, LATER, 100):
            self.node.call("afd-batch", {"commands": [
                {"command": "chat-send", "input": {"roomId": "general", "text": f"later {i}"}}
                for i in range(start, start + 100)]})
        gone = [deleted, edited, edit, room_text, room_name]
        self.await_gone(gone)
        self.assertTrue(files_with(self.node.data, stays))
        with tempfile.TemporaryDirectory() as folder:
            backup = os.path.join(folder, "backup")
            done = run_chatd("backup", "--data", self.node.data, "--to", backup)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(files_with(backup, stays))
            for text in gone:
                self.assertEqual(files_with(backup, text), [], text)
        texts = [m["text"] for m in self.node.history("general")]
        self.assertEqual(texts[:3], [stays, "", "now this"])
        self.assertEqual(len(texts), 3 + LATER)


if __name__ == "__main__":
    unittest.main(verbosity=2)
