#!/usr/bin/python3
"""One sync that takes long: what was handed to the store is under way until it ends. The caller is
told TIMEOUT, nobody else may change it meanwhile, and what holds afterwards holds after a restart.
The disk is slow_sync.cpp."""

import concurrent.futures
import http.client
import json
import os
import shutil
import tempfile
import time
import unittest

from fault import SharedNumber, await_that, preloaded
from lib.chat import TIMEOUT_S
from lib.node import Node

TEAM = {"roomId": "team"}


def code_of(result):
    return "OK" if result["success"] else result["error"]["code"]


class SlowSync(unittest.TestCase):
    def setUp(self):
        self.stalls = SharedNumber()
        self.addCleanup(self.stalls.close)
        self.place = tempfile.mkdtemp(prefix="chatd-slow-sync-")
        self.addCleanup(shutil.rmtree, self.place)
        data = os.path.join(self.place, "data")
        env = preloaded("slow_sync", FAULT_DATA=data, FAULT_SLOW_SYNC=self.stalls.path)
        self.node = Node("--durability", "power", data=data, env=env)
        self.addCleanup(self.node.close)
        self.addCleanup(self.stalls.set, 0)
        self.callers = concurrent.futures.ThreadPoolExecutor(8)
        self.addCleanup(self.callers.shutdown)

    def ask(self, command, **data):
        """A call on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=TIMEOUT_S)
        body = json.dumps({"id": 1, "method": command, "params": data})
        connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer["result"]

    def start(self, command, **data):
        return self.callers.submit(self.ask, command, **data)

    def code(self, command, **data):
        return code_of(self.ask(command, **data))

    def test_a_deletion_is_under_way_until_it_is_stored(self):
        node = self.node.start()
        node.must("chat-room-create", TEAM)
        node.must("chat-send", {**TEAM, "text": "hi"})
        self.stalls.set(1)
        deleted = self.start("chat-room-delete", **TEAM)
        self.assertEqual(code_of(deleted.result(TIMEOUT_S)), "TIMEOUT")
        self.assertEqual(self.code("chat-send", **TEAM, text="lost"), "OVERLOADED")
        self.assertEqual(self.code("chat-room-delete", **TEAM), "OVERLOADED")
        self.stalls.set(0)
        await_that(lambda: self.code("chat-poll", **TEAM) == "ROOM_NOT_FOUND", TIMEOUT_S,
                   "the room is gone")
        node.kill()
        node.start()
        self.assertEqual(self.code("chat-poll", **TEAM), "ROOM_NOT_FOUND")
        node.stop()

    def test_a_message_with_a_key_is_said_once(self):
        node = self.node.start()
        node.must("chat-poll", {"roomId": "general"})
        said = {"roomId": "general", "text": "once", "idempotencyKey": "k"}
        self.stalls.set(1)
        self.assertEqual(self.code("chat-send", **said), "TIMEOUT")
        self.assertEqual(self.code("chat-send", **said), "OVERLOADED")
        self.stalls.set(0)
        await_that(lambda: self.code("chat-send", **said) == "OK", TIMEOUT_S, "it is answered")
        self.assertEqual([m["text"] for m in node.history("general")], ["once"])
        node.stop()

    def test_a_stop_while_calls_wait_for_the_disk(self):
        node = self.node.start()
        for room in ("one", "two"):
            node.must("chat-room-create", {"roomId": room})
            node.must("chat-connect", {"roomId": room})
        self.stalls.set(2)  # the room goes, and its sessions wait
        calls = [self.start("chat-room-delete", roomId="one"),
                 self.start("chat-room-delete", roomId="two"),
                 self.start("afd-batch", commands=[
                     {"command": "chat-send", "input": {"roomId": "general", "text": "a"}},
                     {"command": "chat-send", "input": {"roomId": "general", "text": "b"}}])]
        time.sleep(0.5)
        node.send_signal()
        # Connections have two seconds to say goodbye; then the actors end, and the disk is still slow.
        time.sleep(3)
        self.stalls.set(0)
        node.expect_exit()
        for call in calls:
            try:
                outcome = code_of(call.result(TIMEOUT_S))
            except (OSError, http.client.HTTPException):
                outcome = "cut off"
            self.assertNotEqual(outcome, "OK")


if __name__ == "__main__":
    unittest.main()
