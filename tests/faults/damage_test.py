#!/usr/bin/python3
"""One bit of the store is not what it was. The node refuses to start, in one line that says which
file and what to do, or it serves everything but what cannot be read, and says so to whoever asks for
that: it never shows a message that nobody sent, and never drops one in silence. `chatd repair` then
brings back all but what the damaged block held, and keeps the files as they were.

Not flipped are the two bytes of a record's length in RocksDB's logs: in their last 32 KiB a length
that is too great looks like a record that a crash has cut short (RocksDB 7.8)."""

import asyncio
import glob
import json
import os
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from fault import Progress, choices, rounds
from lib.chat import TIMEOUT_S, Rpc, join, say
from lib.node import CHATD, Node, StartFailed, clean_environment, run_chatd

ROUNDS = rounds(short=6, long=400)
ROOMS = ("general", "random", "help")
IN_TABLES, IN_LOG = 1200, 250  # messages a room
BLOCK = 32 * 1024  # of RocksDB's logs
LOST_MAX = 2 * BLOCK // 150  # messages of a damaged block, with some room


def record_lengths(path):
    """Where the two bytes of each record's length are in a file of RocksDB's log format."""
    found, at, size = set(), 0, os.path.getsize(path)
    with open(path, "rb") as file:
        content = file.read()
    while at + 7 <= size:
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        found |= {at + 4, at + 5}
        at += 7 + struct.unpack_from("<H", content, at + 4)[0]
    return found


def flip(path, rng, at=None):
    """Flips one bit; answers where."""
    is_log = path.endswith(".log") or "MANIFEST" in path
    skipped = record_lengths(path) if is_log else ()
    while at is None or at in skipped:
        at = rng.randrange(os.path.getsize(path))
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << rng.randrange(8)]))
    return f"{os.path.basename(path)} at {at} of {os.path.getsize(path)}"


def repair(data):
    return subprocess.run([CHATD, "repair", "--data", data], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT_S, env=clean_environment())


class Store:
    """A store of a killed node: tables, a log, and what was acknowledged."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix="chatd-damage-")
        self.whole = os.path.join(self.place, "whole")
        self.data = os.path.join(self.place, "data")
        self.acked = {room: {} for room in ROOMS}  # id -> text
        node = Node(data=self.whole)
        asyncio.run(self.fill(node.start(), IN_TABLES))
        node.stop()  # all of it is in tables
        asyncio.run(self.fill(node.start(), IN_LOG))
        node.kill()
        node.close()

    async def fill(self, node, count):
        rpc = await Rpc.open(node.port)
        for room in ROOMS:
            socket = await join(rpc, room, "Ada")
            for begin in range(0, count, 50):
                for i in range(begin, begin + 50):
                    await socket.send(say(f"{room} {i} " + "x" * 150))
                for _ in range(50):
                    event = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S))
                    self.acked[room][event["id"]] = event["text"]
            await socket.close()
        rpc.close()

    def copy(self):
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.whole, self.data)

    def one(self, pattern):
        """The largest file of that name."""
        return max(glob.glob(os.path.join(self.data, pattern)), key=os.path.getsize)

    def close(self):
        shutil.rmtree(self.place)


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.store = Store()
        cls.addClassCleanup(cls.store.close)

    def setUp(self):
        self.store.copy()

    def node(self):
        node = Node(data=self.store.data)
        self.addCleanup(node.close)
        return node

    def refusal(self):
        """The one line of a node that does not start; None for one that does."""
        node = self.node()
        try:
            node.start()
        except StartFailed as failed:
            self.assertEqual((failed.code, failed.out), (2, ""))
            lines = failed.err.splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertIn(f'chatd repair --data "{self.store.data}"', lines[0])
            return lines[0]
        self.started = node
        return None

    def read_all(self, node):
        """room -> ids that were read, and how many pages were refused. Nothing else may come back
        than what was acknowledged."""
        read, refused = {}, 0
        for room in ROOMS:
            acked = self.store.acked[room]
            ids, since, read[room] = sorted(acked), "", set()
            while since < ids[-1]:
                page = node.call("chat-poll", {"roomId": room, "limit": 20,
                                               **({"since": since} if since else {})})
                if not page["success"]:
                    self.assertEqual(page["error"]["code"], "STORAGE_UNAVAILABLE", page)
                    self.assertNotIn(self.store.data, json.dumps(page), "not for people")
                    refused += 1
                    since = ids[min(len(ids), (ids.index(since) if since else -1) + 10) - 1]
                    if since == ids[-1]:
                        break
                    continue
                for m in page["data"]["messages"]:
                    if m["id"] in acked:
                        self.assertEqual(m["text"], acked[m["id"]], "not what was said")
                        read[room].add(m["id"])
                if not page["data"]["messages"]:
                    break
                since = page["data"]["lastMessageId"]
        return read, refused

    def missing(self, read):
        return sum(len(self.store.acked[room]) - len(read[room]) for room in ROOMS)

    def check_search(self, node, wanted=None):
        """Every room is searched, or says that it cannot be; what is found was said, and is all of
        what is `wanted`."""
        for room in ROOMS:
            found, query = set(), {"roomId": room, "query": room, "limit": 100}
            while True:
                page = node.call("chat-search", query)
                if not page["success"]:
                    self.assertEqual(page["error"]["code"], "STORAGE_UNAVAILABLE", page)
                    self.assertNotIn(self.store.data, json.dumps(page), "not for people")
                    self.assertIsNone(wanted, page)
                    break
                for m in page["data"]["messages"]:
                    self.assertEqual(m["text"], self.store.acked[room].get(m["id"], m["text"]))
                    found.add(m["id"])
                if "nextCursor" not in page["data"]:
                    break
                query["cursor"] = page["data"]["nextCursor"]
            if wanted is not None:
                self.assertEqual(found & set(self.store.acked[room]), wanted[room])

    def check_live(self, node):
        """Every room goes on, or says that it cannot."""
        self.check_search(node)
        for room in ROOMS:
            sent = node.call("chat-send", {"roomId": room, "text": "and on"})
            if sent["success"]:
                self.assertGreater(sent["data"]["messageId"], max(self.store.acked[room]))
            else:
                self.assertEqual(sent["error"]["code"], "STORAGE_UNAVAILABLE", sent)

    def check_repair(self, lost_max):
        """Repairs; the node starts then, with all but so many messages. Answers how many are lost."""
        done = repair(self.store.data)
        self.assertIn(done.returncode, (0, 1), done)
        node = self.node().start()
        read, refused = self.read_all(node)
        self.assertEqual(refused, 0, "repaired, and still damaged")
        self.check_search(node, read)
        lost = self.missing(read)
        self.assertLessEqual(lost, lost_max, done.stdout)
        self.assertEqual(done.returncode if lost else 1, 1, done.stdout)
        self.check_live(node)
        node.stop()
        again = repair(self.store.data)
        self.assertEqual(again.returncode, 0, again)
        self.assertIn("is whole", again.stdout)
        return lost

    # --- one file after the other ---

    def test_log(self):
        log = self.store.one("*.log")
        flip(log, choices(), os.path.getsize(log) // 2)
        line = self.refusal()
        self.assertIn(os.path.basename(log), line)
        lost = self.check_repair(LOST_MAX)
        self.assertGreater(lost, 0)
        print(f"a bit of the log: {lost} messages lost of {3 * IN_LOG} in it", flush=True)

    def test_table(self):
        table = self.store.one("*.sst")
        flip(table, choices(), os.path.getsize(table) // 3)
        self.assertIsNone(self.refusal())
        node = self.started
        read, refused = self.read_all(node)
        self.assertGreater(refused, 0)
        self.assertIn(os.path.basename(table), node.stderr())
        self.check_live(node)
        node.stop()
        lost = self.check_repair(LOST_MAX)
        self.assertGreater(lost, 0)
        print(f"a bit of a table: {refused} pages refused; {lost} messages lost of "
              f"{3 * (IN_TABLES + IN_LOG)}", flush=True)

    def test_manifest(self):
        flip(self.store.one("MANIFEST-*"), choices(), 20)
        self.assertIn("damaged", self.refusal())
        self.assertEqual(self.check_repair(0), 0)

    def test_current(self):
        current = self.store.one("CURRENT")
        flip(current, choices(), 10)
        self.assertIn("damaged", self.refusal())
        os.remove(current)
        self.assertIn("CURRENT is missing", self.refusal())
        self.assertEqual(self.check_repair(0), 0)

    def test_a_table_is_gone(self):
        table = self.store.one("*.sst")
        os.remove(table)
        number = os.path.basename(table).removesuffix(".sst")  # RocksDB tries .ldb last
        self.assertIn(number, self.refusal())
        done = repair(self.store.data)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(number, done.stdout)
        node = self.node().start()
        self.read_all(node)
        node.stop()

    # --- repair itself ---

    def test_repair_refuses(self):
        node = self.node().start()
        done = repair(self.store.data)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("in use by another chatd", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        node.stop()
        for data in (self.store.place, os.path.join(self.store.place, "nowhere")):
            done = repair(data)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("no store", done.stderr)
        for args in (["--nonsense"], ["--data"], ["more"]):
            done = run_chatd("repair", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertIn("--data", run_chatd("repair", "--help").stdout)

    def test_a_whole_store_is_left_as_it_is(self):
        done = repair(self.store.data)
        self.assertEqual(done.returncode, 0, done)
        count = sum(map(len, self.store.acked.values()))
        self.assertIn(f"is whole: 3 room(s), 6 session(s), {count} message(s)", done.stdout)
        self.assertEqual(glob.glob(os.path.join(self.store.data, "damaged-*")), [])
        self.assertEqual(self.check_repair(0), 0)

    def test_the_damaged_files_are_kept(self):
        log = self.store.one("*.log")
        flip(log, choices(), os.path.getsize(log) // 2)
        with open(log, "rb") as file:
            before = file.read()
        done = repair(self.store.data)
        self.assertEqual(done.returncode, 1, done)
        with open(os.path.join(self.store.data, "damaged-1", os.path.basename(log)), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertTrue(os.path.exists(os.path.join(self.store.data, "token-secret")))

    def test_repair_is_killed(self):
        """At any moment: called again it ends as if it had not been."""
        rng = choices()
        progress, killed = Progress(rounds(short=2, long=100)), 0
        took_s = 0.2
        for _ in progress:
            self.store.copy()
            flip(self.store.one("*.log"), rng, os.path.getsize(self.store.one("*.log")) // 2)
            for _ in range(3):
                began = time.monotonic()
                process = subprocess.Popen([CHATD, "repair", "--data", self.store.data],
                                           stdout=subprocess.DEVNULL, env=clean_environment())
                try:
                    process.wait(rng.uniform(0, took_s))
                    took_s = time.monotonic() - began
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    killed += 1
            repair(self.store.data)
            node = self.node().start()
            read, refused = self.read_all(node)
            self.assertEqual(refused, 0)
            self.assertLessEqual(self.missing(read), LOST_MAX)
            node.kill()
        progress.report(f"repair killed {killed} times: nothing but the damaged block is missing")

    # --- anywhere ---

    def test_anywhere(self):
        rng = choices()
        progress = Progress(ROUNDS)
        refusals = pages = lost = tables = 0
        for number in progress:
            self.store.copy()
            where = flip(self.store.one(rng.choice(("*.log", "*.sst", "*.sst", "MANIFEST-*", "CURRENT"))),
                         rng)
            try:
                if self.refusal():
                    refusals += 1
                else:
                    node = self.started
                    read, refused = self.read_all(node)
                    self.assertTrue(refused or not self.missing(read), "dropped in silence")
                    pages += refused
                    self.check_live(node)
                    node.kill()
                in_general = len(self.store.acked["general"]) * 3
                now_lost = self.check_repair(in_general)
                lost += now_lost
                tables += now_lost > LOST_MAX
            except Exception as error:
                raise AssertionError(f"round {number}: {where}") from error
        progress.report(f"one bit flipped: {refusals} refused to start, {pages} pages refused, nothing "
                        f"wrong shown; after repair {lost / ROUNDS:.0f} messages lost on average, "
                        f"{tables} times a whole table")


if __name__ == "__main__":
    unittest.main(verbosity=2)
