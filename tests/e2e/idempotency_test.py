#!/usr/bin/python3
"""Writes with an idempotencyKey: done once, whatever happens to the node between the first call and
the next ones."""

import concurrent.futures
import json
import os
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import CALL_TIMEOUT_S, Node  # noqa: E402

RETRIES_S = 10
SEND = {"roomId": "general", "text": "once", "idempotencyKey": "send-1"}
CREATE = {"roomId": "team", "name": "Team", "idempotencyKey": "create-1"}


def call_alone(url, command, data):
    """A CommandResult, on a connection of its own."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": data}).encode()
    request = urllib.request.Request(f"{url}/rpc", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=CALL_TIMEOUT_S) as answer:
        return json.load(answer)["result"]


def replayed(result):
    return result["metadata"].get("replayed", False)


class Idempotency(unittest.TestCase):
    def setUp(self):
        self.node = Node().start()
        self.addCleanup(self.node.close)

    def restart(self):
        self.node.kill()
        self.node.start()

    def texts(self):
        return [m["text"] for m in self.node.history("general")]

    def test_a_killed_node_remembers_what_it_did(self):
        first = {c: self.node.call(c, i) for c, i in (("chat-send", SEND),
                                                      ("chat-room-create", CREATE))}
        for result in first.values():
            self.assertTrue(result["success"], result)
            self.assertFalse(replayed(result))
        self.restart()
        for command, data in (("chat-send", SEND), ("chat-room-create", CREATE)):
            again = self.node.call(command, data)
            self.assertTrue(again["success"], again)
            self.assertTrue(replayed(again), again)
            self.assertEqual(again["data"], first[command]["data"])
            self.assertEqual(again["undoArgs"], first[command]["undoArgs"])
        self.assertEqual(self.texts(), ["once"])
        other = self.node.call("chat-send", {**SEND, "text": "twice"})
        self.assertEqual(other["error"]["code"], "DUPLICATE_CONFLICT")
        self.assertEqual(self.texts(), ["once"])

    def test_what_was_deleted_since_comes_back_with_no_answer(self):
        message = {"roomId": "general",
                   "messageId": self.node.must("chat-send", {"roomId": "general",
                                                             "text": "secret"})["messageId"]}
        edit = {**message, "text": "another secret", "idempotencyKey": "edit-1"}
        again = {**message, "text": "shown", "idempotencyKey": "edit-2"}
        delete = {**message, "idempotencyKey": "delete-1"}
        self.assertEqual(self.node.call("chat-edit", edit)["undoArgs"]["text"], "secret")
        self.assertEqual(self.node.call("chat-edit", again)["undoArgs"]["text"], "another secret")
        self.node.must("chat-delete", delete)
        for restarted in (False, True):
            if restarted:
                self.restart()
            for command, data in (("chat-edit", edit), ("chat-edit", again), ("chat-delete", delete)):
                result = self.node.call(command, data)
                self.assertTrue(result["success"] and replayed(result), result)
                self.assertNotIn("secret", json.dumps(result))
                self.assertNotIn("undoArgs", result)
        self.assertEqual(self.texts(), [""])

    def test_so_do_batches_and_pipes(self):
        commands = [
            {"command": "chat-send", "input": {**SEND, "idempotencyKey": "in-input"}},
            {"command": "chat-send", "input": {"roomId": "general", "text": "two"},
             "idempotencyKey": "beside"},
            {"command": "chat-rooms"},
        ]
        first = self.node.call("afd-batch", {"commands": commands})
        self.assertEqual(first["summary"]["successCount"], 3, first)
        self.restart()
        again = self.node.call("afd-batch", {"commands": commands})
        self.assertEqual([replayed(r["result"]) for r in again["results"]], [True, True, False])
        self.assertEqual([r["result"]["data"] for r in again["results"][:2]],
                         [r["result"]["data"] for r in first["results"][:2]])
        pipe = self.node.call("afd-pipe", {"steps": commands})
        self.assertEqual([bool(s["metadata"].get("replayed")) for s in pipe["steps"]],
                         [True, True, False])
        self.assertEqual(self.texts(), ["once", "two"])

    def test_of_equal_calls_at_once_one_is_run(self):
        """Whoever comes second is told to come again, or gets the first answer."""
        def insist(_):
            deadline = time.monotonic() + RETRIES_S
            while True:
                result = call_alone(self.node.urls[0], "chat-send", SEND)
                if result["success"]:
                    return result
                self.assertEqual(result["error"]["code"], "OVERLOADED", result)
                self.assertTrue(result["error"]["retryable"])
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            results = list(pool.map(insist, range(16)))
        self.assertEqual(sum(not replayed(r) for r in results), 1)
        self.assertEqual(len({r["data"]["messageId"] for r in results}), 1)
        self.assertEqual(self.texts(), ["once"])

    def test_a_dry_run_uses_nothing_up(self):
        for _ in range(2):
            tried = self.node.call("afd-batch", {"dryRun": True, "commands": [
                {"command": "chat-send", "input": SEND},
                {"command": "chat-room-create", "input": CREATE}]})
            self.assertEqual([r["result"]["data"]["dryRun"] for r in tried["results"]], [True] * 2)
        self.assertEqual(self.texts(), [])
        self.assertFalse(replayed(self.node.call("chat-send", SEND)))
        would = self.node.must("chat-send", {**SEND, "dryRun": True})["would"]
        self.assertIn("first call", would)


if __name__ == "__main__":
    unittest.main()
