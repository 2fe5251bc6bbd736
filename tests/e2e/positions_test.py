#!/usr/bin/python3
"""Positions (message ids) after the node went back in time: a backup in place of the store, or a copy
of its directory. No id that anybody saw is given out again, and whoever comes with one that the room
does not know is told where both agree."""

import asyncio
import http.client
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S, next_of  # noqa: E402
from lib.node import Node, run_chatd  # noqa: E402
from webhook_test import Receiver  # noqa: E402

AFD = os.environ.get("AFD_BIN", "build/release/bin/afd")
ROOM = "general"
FIRST = "m0000000000000001"


def codes(result):
    return [warning["code"] for warning in result.get("warnings", [])]


def events_of(port, path, headers=None, body=None):
    """The data of an event stream, one after the other, as it comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    connection.request("POST" if body else "GET", path, body, headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    try:
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
    finally:
        connection.close()


class Positions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-positions-")
        self.addCleanup(self.folder.cleanup)
        self.node = Node("--webhook-allow-private", data=os.path.join(self.folder.name, "data"))
        self.addCleanup(self.node.close)
        self.node.start()

    def say(self, count, room=ROOM):
        """The ids of so many new messages."""
        return [self.node.must("chat-send", {"roomId": room, "text": f"{i}"})["messageId"]
                for i in range(count)]

    def back_up(self):
        to = os.path.join(self.folder.name, "backup")
        done = run_chatd("backup", "--data", self.node.data, "--to", to)
        self.assertEqual(done.returncode, 0, done.stderr)

    def restore(self):
        """Kills the node, and starts it on a copy of the backup."""
        self.node.kill()
        shutil.rmtree(self.node.data)
        shutil.copytree(os.path.join(self.folder.name, "backup"), self.node.data)
        self.node.start()

    def call(self, command, **data):
        return self.node.call(command, {"roomId": ROOM, **data})

    def is_told(self, result, restart_at):
        """The answer worked, and says from where it goes on. Answers its data."""
        self.assertTrue(result["success"], result)
        self.assertEqual(codes(result), ["POSITION_LOST"])
        self.assertEqual(result["warnings"][0]["details"], {"restartAt": restart_at})
        return result["data"]

    def test_no_id_is_given_out_again(self):
        given = {ROOM: self.say(20), "random": []}  # ids are a room's own
        self.assertEqual(given[ROOM][0], FIRST)
        self.back_up()

        def go_on():
            for room, ids in given.items():
                ids += self.say(10, room)

        go_on()
        for _ in range(3):
            self.restore()
            go_on()
        self.node.kill()
        self.node.start()  # the same store
        go_on()
        self.node.stop()
        self.node.start()
        go_on()
        for ids in given.values():
            self.assertEqual(ids, sorted(set(ids)))
            self.assertTrue(all(len(one) == 17 and int(one[1:]) < 2**53 for one in ids))

    def test_a_copy_of_the_directory(self):
        """As a snapshot of the disk has it: what was said after it is not in it."""
        kept = self.say(5)
        copy = os.path.join(self.folder.name, "backup")
        shutil.copytree(self.node.data, copy)
        lost = self.say(5)
        self.restore()
        self.assertEqual([m["id"] for m in self.node.history(ROOM)], kept)
        self.assertGreater(self.say(1)[0], lost[-1])

    def test_deliveries_do_not_come_again(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        hook = {"roomId": ROOM, "webhookUrl": receiver.url()}
        self.node.must("chat-webhook-register", hook)
        kept = self.say(5)
        self.back_up()
        lost = self.say(5)
        self.await_ids(receiver, kept + lost)
        self.restore()
        said = self.say(5)
        # Asserts that no delivery comes again as another one.
        self.await_ids(receiver, kept + lost + said)

    def await_ids(self, receiver, ids):
        async def wait():
            while {m["id"] for m in receiver.messages()} != set(ids):
                await asyncio.sleep(0.02)
        asyncio.run(asyncio.wait_for(wait(), TIMEOUT_S))

    def test_commands_tell_who_had_more(self):
        kept = self.say(20)
        self.back_up()
        lost = self.say(10)
        self.restore()
        # Nothing was said since.
        page = self.is_told(self.call("chat-poll", since=lost[-1], waitMs=TIMEOUT_S * 250), kept[-1])
        self.assertEqual((page["messages"], page["lastMessageId"]), ([], kept[-1]))
        said = self.say(15)
        for position in (lost[0], lost[-1], "m9999999999999999"):
            is_ahead = position > said[-1]
            expected = [] if is_ahead else said
            restart = said[-1] if is_ahead else kept[-1]
            for command, name in (("chat-poll", "since"), ("chat-history", "after")):
                page = self.is_told(self.call(command, **{name: position}), restart)
                self.assertEqual([m["id"] for m in page["messages"]], expected, command)
        page = self.is_told(self.call("chat-history", before=lost[3], limit=4), kept[-1])
        self.assertEqual([m["id"] for m in page["messages"]], kept[-4:])
        self.assertEqual((page["hasOlder"], page["hasNewer"]), (True, True))
        page = self.is_told(self.call("chat-history", around=lost[3], limit=4), kept[-1])
        self.assertEqual([m["id"] for m in page["messages"]], kept[-2:] + said[:2])
        # Also as a part of another call.
        poll = {"command": "chat-poll", "input": {"roomId": ROOM, "since": lost[-1]}}
        batch = self.node.call("afd-batch", {"commands": [poll]})
        self.assertEqual(batch["warnings"][0]["details"], {"restartAt": kept[-1]})
        # What the room has is a position as ever, before and after.
        for position, after in ((kept[-1], said), (said[4], said[5:]), (said[-1], [])):
            result = self.call("chat-poll", since=position)
            self.assertEqual(codes(result), [])
            self.assertEqual([m["id"] for m in result["data"]["messages"]], after)
        for nonsense in ("banana", "m1", FIRST[:-1], FIRST + "0"):
            result = self.call("chat-poll", since=nonsense)
            self.assertEqual(result["error"]["code"], "VALIDATION_ERROR")

    def test_an_idle_room_is_read_from_the_store(self):
        """More than a room keeps in memory."""
        kept = self.say(3)
        self.back_up()
        lost = self.say(3)
        self.restore()
        commands = [{"command": "chat-send", "input": {"roomId": ROOM, "text": "x" * 2000}}] * 100
        for _ in range(12):
            self.assertTrue(self.node.call("afd-batch", {"commands": commands})["success"])
        page = self.is_told(self.call("chat-poll", since=lost[1], limit=1), kept[-1])
        self.assertGreater(page["messages"][0]["id"], lost[-1])
        self.assertEqual(codes(self.call("chat-poll", since=kept[1], limit=1)), [])
        self.is_told(self.call("chat-history", before=lost[1], limit=1), kept[-1])

    def test_a_room_that_the_backup_has_empty(self):
        self.back_up()
        lost = self.say(3)
        self.restore()
        page = self.is_told(self.call("chat-poll", since=lost[-1]), None)
        self.assertEqual(page["messages"], [])
        self.assertNotIn("lastMessageId", page)
        said = self.say(2)
        page = self.is_told(self.call("chat-poll", since=lost[-1]), None)
        self.assertEqual([m["id"] for m in page["messages"]], said)

    def test_connections_tell_who_had_more(self):
        kept = self.say(20)
        session = self.node.must("chat-connect", {"roomId": ROOM, "nickname": "Ada"})
        stream = self.node.must("chat-connect", {"roomId": ROOM, "nickname": "Eve",
                                                 "transport": "sse"})
        self.back_up()
        lost = self.say(10)
        self.restore()
        said = self.say(15)
        session_id = session["credentials"]["sessionId"]
        back = self.node.call("chat-reconnect", {"sessionId": session_id,
                                                 "lastMessageId": lost[-1]})
        handoff = self.is_told(back, kept[-1])
        self.assertEqual(handoff["metadata"]["catchUp"], {"fromMessageId": kept[-1]})
        frames = asyncio.run(self.frames_of(handoff))
        self.tells_all(frames, kept, said)
        path = f"/rooms/{ROOM}/events?token={stream['credentials']['token']}"
        frames = []
        for frame in events_of(self.node.port, path, {"Last-Event-ID": lost[-1]}):
            frames.append(frame)
            if frame["type"] == "caught_up":
                break
        self.tells_all(frames, kept, said)

    async def frames_of(self, handoff):
        url = f"{handoff['endpoint']}?token={handoff['credentials']['token']}"
        async with websockets.connect(url, compression=None) as socket:
            frames = []
            while not frames or frames[-1]["type"] != "caught_up":
                frames.append(json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S)))
            return frames

    def tells_all(self, frames, kept, said):
        gap = {"type": "history_gap", "since": kept[-1], "until": said[0], "reason": "restored"}
        self.assertEqual(frames[0]["type"], "welcome")
        self.assertIn(gap, frames)
        self.assertEqual([f["id"] for f in frames if f["type"] == "message"], said)

    def test_a_stream_of_chunks_tells(self):
        kept = self.say(3)
        self.back_up()
        lost = self.say(3)
        self.restore()
        said = self.say(2)
        body = json.dumps({"roomId": ROOM, "since": lost[-1], "maxMessages": 2})
        chunks = list(events_of(self.node.port, "/stream/chat-stream",
                                {"Content-Type": "application/json"}, body))
        self.assertEqual([c["type"] for c in chunks], ["progress", "data", "data", "complete"])
        self.assertEqual(chunks[0]["warning"]["code"], "POSITION_LOST")
        self.assertEqual(chunks[0]["warning"]["details"], {"restartAt": kept[-1]})
        self.assertEqual([c["data"]["id"] for c in chunks[1:3]], said)

    def test_a_chat_in_the_terminal_goes_back(self):
        self.node.listen = (f"127.0.0.1:{self.node.port}",)
        self.say(2)
        self.back_up()
        chat = subprocess.Popen([AFD, "chat", ROOM, "--nick", "Ada", "--url", self.node.urls[0]],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        for stop in (chat.stdout.close, chat.stderr.close, chat.kill):
            self.addCleanup(stop)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in chat.stdout],
                         daemon=True).start()

        def shows(text):
            while text not in lines.get(timeout=TIMEOUT_S):
                pass

        shows(": 1")
        for text in ("will be lost", "will be lost, too"):
            self.node.must("chat-send", {"roomId": ROOM, "text": text})
            shows(text)
        self.restore()
        self.node.must("chat-send", {"roomId": ROOM, "text": "after the restore"})
        shows("after the restore")
        chat.stdin.close()
        self.assertEqual(chat.wait(TIMEOUT_S), 0)
        self.assertIn("has lost some messages", chat.stderr.read())

    def test_null_is_the_beginning(self):
        """As welcome says in an empty room."""
        handoff = self.node.must("chat-connect", {"roomId": ROOM, "nickname": "Ada"})
        session_id = handoff["credentials"]["sessionId"]

        async def first():
            url = f"{handoff['endpoint']}?token={handoff['credentials']['token']}"
            async with websockets.connect(url, compression=None) as socket:
                return await next_of(socket, "welcome")

        last = asyncio.run(first())["lastMessageId"]
        self.assertIsNone(last)
        said = self.say(3)
        back = self.node.must("chat-reconnect", {"sessionId": session_id, "lastMessageId": last})
        self.assertEqual(back["metadata"]["catchUp"], {"fromMessageId": None})
        frames = asyncio.run(self.frames_of(back))
        self.assertEqual([f["id"] for f in frames if f["type"] == "message"], said)
        self.assertNotIn("history_gap", [f["type"] for f in frames])

    def test_a_message_is_no_position_to_read_from(self):
        """Others may have said something since its sender has read."""
        read = self.say(3)[-1]
        meanwhile = self.say(2)
        for name in ("since", "lastRead"):
            sent = self.call("chat-send", text="mine", **{name: read})
            self.assertEqual(sent["data"]["readFrom"], read)
            hint = sent["_agentHints"]["nextAction"]
            self.assertIn(read, hint)
            self.assertNotIn(sent["data"]["messageId"], hint)
        page = self.call("chat-poll", since=sent["data"]["readFrom"])["data"]
        self.assertEqual([m["id"] for m in page["messages"]][:2], meanwhile)
        alone = self.call("chat-send", text="mine")
        self.assertNotIn("readFrom", alone["data"])
        self.assertNotIn(alone["data"]["messageId"], alone["_agentHints"]["nextAction"])
        refused = self.call("chat-send", text="mine", since="yesterday")
        self.assertEqual(refused["error"]["code"], "VALIDATION_ERROR")


if __name__ == "__main__":
    unittest.main(verbosity=2)
