#!/usr/bin/python3
"""A full disk: clear refusals, nothing half done, and the node goes on by itself once there is
space again. Needs a small file system of its own: as root, or in a user namespace."""

import asyncio
import errno
import json
import os
import subprocess
import sys
import tempfile
import unittest

from fault import Progress, rounds  # first, as it finds lib
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say
from lib.node import Node, StartFailed, cannot

ROUNDS = rounds(short=1, long=20)
# RocksDB keeps 17 MiB in hand for its log and needs as much again to start a new one.
DISK_MIB = 64
RECOVERY_S = 30
TEXT = "€" * 1900  # three bytes each
IN_NAMESPACE = "CHATD_TEST_IN_NAMESPACE"


def mount(path):
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "chatd-test", path]
    return subprocess.run(command, capture_output=True, text=True)


class Disk:
    """A small tmpfs, and a file that eats what is left of it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="chatd-disk-")
        done = mount(self.path)
        if done.returncode != 0:
            os.rmdir(self.path)
            cannot(f"no tmpfs of our own: {done.stderr.strip()}")
        self.data = os.path.join(self.path, "data")
        self.ballast = os.path.join(self.path, "ballast")

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as file:
            for block in (b"\0" * 65536, b"\0" * 4096, b"\0"):
                try:
                    while file.write(block) == len(block):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def free(self):
        os.remove(self.ballast)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)
        os.rmdir(self.path)


def check_refusal(error):
    """`error` of a CommandResult or an error frame."""
    assert error["code"] == "STORAGE_UNAVAILABLE", error
    assert error["retryable"] is True, error
    assert error["suggestion"].strip(), error
    assert error["message"].strip(), error


class Chat:
    """Two sockets in a room and commands beside them. Whatever is acknowledged is noted."""

    @classmethod
    async def open(cls, node, room="general"):
        self = cls()
        self.room, self.n, self.refused = room, 0, []
        self.rpc = await Rpc.open(node.port)
        self.sender = await join(self.rpc, room, "sender")
        self.witness = await join(self.rpc, room, "witness")
        await next_of(self.sender, "user_joined", nickname="witness")
        return self

    async def by_socket(self, acked):
        """One message by socket: True when it came back, False when it was refused."""
        self.n += 1
        text, client_id = f"socket {len(acked)} {self.n} {TEXT}", f"c{self.n}"
        await self.sender.send(say(text, client_id))
        event = json.loads(await asyncio.wait_for(self.sender.recv(), TIMEOUT_S))
        if event["type"] == "error":
            check_refusal(event)
            self.refused.append(text)
            return False
        assert (event["type"], event["text"], event["clientMessageId"]) == ("message", text, client_id)
        acked.append((event["id"], text))
        return True

    async def by_command(self, acked):
        self.n += 1
        text = f"command {len(acked)} {self.n} {TEXT}"
        sent = await self.rpc.call("chat-send", {"roomId": self.room, "text": text})
        if not sent["success"]:
            check_refusal(sent["error"])
            self.refused.append(text)
            return False
        acked.append((sent["data"]["messageId"], text))
        own = await next_of(self.sender, "message")
        assert (own["id"], own["text"]) == acked[-1], own
        return True

    async def burst(self, acked, size=50):
        """Many messages by socket without waiting. Each comes back or is refused; answers whether
        all came back."""
        under_way = {}
        for _ in range(size):
            self.n += 1
            under_way[f"c{self.n}"] = f"socket {len(acked)} {self.n} {TEXT}"
        for client_id, text in under_way.items():
            await self.sender.send(say(text, client_id))
        for _ in range(size):
            event = json.loads(await asyncio.wait_for(self.sender.recv(), TIMEOUT_S))
            if event["type"] == "error":
                check_refusal(event)
                continue
            assert event["type"] == "message", event
            text = under_way.pop(event["clientMessageId"])
            assert event["text"] == text, event
            acked.append((event["id"], text))
        self.refused += under_way.values()
        return not under_way

    async def fill(self, acked):
        """Sends until messages are refused; answers how many were taken before."""
        before = len(acked)
        while len(acked) - before < DISK_MIB * 1024 * 1024 // len(TEXT.encode()):
            if not await self.by_command(acked) or not await self.burst(acked):
                return len(acked) - before
        raise AssertionError("the disk does not get full")

    async def drain_witness(self, acked):
        """What the witness saw is what was acknowledged, in order, and nothing of the refused."""
        seen = []
        await self.sender.send(json.dumps({"type": "typing"}))
        while True:
            event = json.loads(await asyncio.wait_for(self.witness.recv(), TIMEOUT_S))
            if event["type"] == "typing":
                break
            assert event["type"] == "message", event
            seen.append((event["id"], event["text"]))
        assert seen == acked[len(acked) - len(seen):], "seen by others is not what was acknowledged"
        return seen

    async def close(self):
        await self.sender.close()
        await self.witness.close()
        self.rpc.close()


class DiskFull(unittest.TestCase):
    def setUp(self):
        self.disk = Disk()
        self.addCleanup(self.disk.close)

    def node(self, *flags):
        node = Node(*flags, data=self.disk.data)
        self.addCleanup(node.close)
        return node

    def history(self, node, room="general"):
        return [(m["id"], m["text"]) for m in node.history(room)]

    def test_full_and_free_again(self):
        progress, acked = Progress(ROUNDS), 0
        for _ in progress:
            acked += self.full_and_free_twice()
            self.doCleanups()  # a new disk
            self.setUp()
        progress.report(f"disk full and free again, twice each; {acked} acknowledged, none lost")

    def full_and_free_twice(self):
        node, acked = self.node().start(), []
        node.await_status("/ready", 200, RECOVERY_S)
        for _ in range(2):
            self.disk.fill()
            asyncio.run(self.one_cycle(node, acked))
            self.assertEqual(self.history(node), acked)
        node.stop()
        node.start()
        self.assertEqual(self.history(node), acked)
        ids = [message_id for message_id, _ in acked]
        self.assertEqual(ids, sorted(set(ids)))
        node.must("chat-send", {"roomId": "general", "text": "after the restart"})
        node.stop()
        return len(acked)

    async def one_cycle(self, node, acked):
        chat = await Chat.open(node)
        taken = await chat.fill(acked)
        # It stays so: ready is not, health is, reading works, and every sender is told.
        self.assertEqual(node.status_of("/health"), 200)
        self.assertEqual(node.status_of("/ready"), 503)
        for _ in range(3):
            self.assertFalse(await chat.by_socket(acked))
            self.assertFalse(await chat.by_command(acked))
        created = await chat.rpc.call("chat-room-create", {"roomId": "new-room"})
        check_refusal(created["error"])
        self.assertEqual(self.history(node), acked)
        self.assertEqual(node.status_of("/ready"), 503)
        rooms = [room["id"] for room in node.must("chat-rooms")["rooms"]]
        self.assertNotIn("new-room", rooms)
        # The sockets are open as before: a ping is answered, and there was nothing to see.
        await chat.sender.send(json.dumps({"type": "ping"}))
        await next_of(chat.sender, "pong")
        seen = await chat.drain_witness(acked)
        self.assertEqual(len(seen), taken)
        # Space again: it recovers without being touched, on the same sockets.
        self.disk.free()
        node.await_status("/ready", 200, RECOVERY_S)
        self.assertTrue(await chat.by_socket(acked))
        self.assertTrue(await chat.by_command(acked))
        seen = await chat.drain_witness(acked)
        self.assertEqual([x[0] for x in seen], [x[0] for x in acked[-2:]])
        for text in chat.refused:
            self.assertNotIn(text, [t for _, t in acked])
        await chat.close()

    def test_stopped_and_killed_while_full(self):
        """Acknowledged before, there after: whether the node was stopped or killed on the full disk."""
        node = self.node().start()
        acked = []
        for end in (node.stop, node.kill):
            self.disk.fill()
            asyncio.run(self.fill_only(node, acked))
            end()
            self.disk.free()
            node.start()
            self.assertEqual(self.history(node), acked)
            sent = node.must("chat-send", {"roomId": "general", "text": end.__name__})
            acked.append((sent["messageId"], end.__name__))
        self.assertEqual(self.history(node), acked)
        node.stop()

    async def fill_only(self, node, acked):
        chat = await Chat.open(node)
        await chat.fill(acked)
        await chat.close()

    def test_start_on_a_full_disk(self):
        os.mkdir(self.disk.data)
        self.disk.fill()
        node = self.node()
        with self.assertRaises(StartFailed) as failed:
            node.start()
        self.assertEqual(failed.exception.code, 2)
        lines = failed.exception.err.splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("space", lines[0])
        self.disk.free()
        node.start()
        node.must("chat-send", {"roomId": "general", "text": "now it works"})
        node.stop()


def may_mount():
    path = tempfile.mkdtemp(prefix="chatd-disk-")
    done = mount(path)
    if done.returncode == 0:
        subprocess.run(["umount", path], check=True)
    os.rmdir(path)
    return done.returncode == 0


if __name__ == "__main__":
    if IN_NAMESPACE not in os.environ and not may_mount():
        # Not root, or not allowed to: in a namespace of our own we may be both.
        unshare = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
            os.environ[IN_NAMESPACE] = "1"
            os.execvp(unshare[0], [*unshare, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    unittest.main(verbosity=2)
