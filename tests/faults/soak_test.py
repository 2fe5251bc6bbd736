#!/usr/bin/python3
"""A day of a node in small: chat-bench mixed checks every message while clients in other rooms are
killed in the middle of their talk. Memory stays flat, and when all are gone so is what was theirs:
sockets, sessions, actors, as node-status tells."""

import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from fault import LONG, await_that, choices
from lib.chat import Rpc, join, say
from lib.node import CHATD, Node

BENCH = os.path.join(os.path.dirname(CHATD), "chat-bench")
SECONDS = int(os.environ.get("CHATD_SOAK_SECONDS", 1800 if LONG else 5))
WARM_UP_S = min(SECONDS // 4, 600)
SAMPLE_S = 5 if LONG else 0.5
RATE = 500  # messages a second
ROOMS, MEMBERS = 20, 20
RECONNECT_S = 5  # sessions of the killed are kept so long …
HANDOFF_S = 30  # … and so long if they were killed before they connected
SOCKETS_A_CLIENT = 5
LIFE_S = (0.5, 2.0)  # of a client until it is killed
GROWTH_MAX = 1.05  # of memory, from the middle third of the run to the last
RETENTION_S = 10 * 60  # limits::ended_retention


async def talk_until_killed(port):
    """What a client does that is going to be killed: several sockets that say all they can."""
    rpc = await Rpc.open(port)
    name = f"victim-{os.getpid()}"
    sockets = [await join(rpc, f"room-of-victims-{i}", name) for i in range(SOCKETS_A_CLIENT)]

    async def chat(socket):
        async def read():
            async for _ in socket:
                pass
        reading = asyncio.create_task(read())
        while not reading.done():
            await socket.send(say(f"{name} says {time.monotonic()}"))
            await asyncio.sleep(random.random() / 20)

    await asyncio.gather(*map(chat, sockets))


class Victims:
    """One client at a time, and its end."""

    def __init__(self, node, random_choice):
        self.node, self.choice = node, random_choice
        self.process, self.dies_at, self.killed = None, 0, 0

    def look(self):
        now = time.monotonic()
        if self.process and now >= self.dies_at:
            assert self.process.poll() is None, f"a client ended by itself: {self.process.returncode}"
            self.end()
            self.killed += 1
        if not self.process:
            self.process = subprocess.Popen([sys.executable, __file__, "--victim",
                                             str(self.node.port)])
            self.dies_at = now + self.choice.uniform(*LIFE_S)

    def end(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


def describe(status):
    sessions, process = status["sessions"], status["process"]
    return (f"{process['residentBytes'] / 1e6:.1f} MB, {process['actors']} actors, "
            f"{process['descriptors']} descriptors, {status['connections']['open']} connections, "
            f"{sessions['connected']} connected, {sessions['disconnected']} disconnected, "
            f"{status['messages']['in']} messages in, {status['messages']['out']} out")


class Soak(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(BENCH), "sanitized builds have no chat-bench")
    def test_nothing_grows_and_nothing_is_left(self):
        with Node("--reconnect-timeout", str(RECONNECT_S), "--handoff-timeout", str(HANDOFF_S),
                  *(f"--room=room-of-victims-{i}" for i in range(SOCKETS_A_CLIENT))) as node:
            before = node.must("node-status")
            status, samples = self.run_load(node)
            self.check_memory(samples)
            self.check_rest(node, before)
            print(f"at work: {describe(status)}", flush=True)

    def run_load(self, node):
        victims = Victims(node, choices())
        with tempfile.TemporaryDirectory() as directory:
            found = os.path.join(directory, "found.json")
            bench = subprocess.Popen(
                [BENCH, "mixed", "--url", f"http://127.0.0.1:{node.port}", "--rooms", str(ROOMS),
                 "--members", str(MEMBERS), "--rate", str(RATE), "--seconds", str(SECONDS),
                 "--warm-up", "0.5", "--json", found], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            try:
                status, samples = self.watch(node, bench, victims)
                said = bench.stdout.read()
                self.assertEqual(bench.wait(), 0, said)
                with open(found, encoding="utf-8") as file:
                    self.assertGreater(json.load(file)["runs"][0]["messages"], 0)
            finally:
                bench.kill()
                bench.wait()
                bench.stdout.close()
                victims.end()
        self.assertGreater(victims.killed, 0)
        print(f"{victims.killed} clients of {SOCKETS_A_CLIENT} sockets killed; {said}", flush=True)
        return status, samples

    def watch(self, node, bench, victims):
        """Resident bytes after the warm-up, and the last status while all were at work."""
        began, samples, status = time.monotonic(), [], None
        next_sample, told = began, began
        while bench.poll() is None:
            victims.look()
            now = time.monotonic()
            if now >= next_sample:
                next_sample += SAMPLE_S
                status = node.must("node-status")
                if now - began > WARM_UP_S:
                    samples.append(status["process"]["residentBytes"])
            if LONG and now - told > 60:
                told = now
                print(f"  {now - began:.0f} s: {describe(status)}", flush=True)
            time.sleep(0.05)
        return status, samples

    def check_memory(self, samples):
        third = len(samples) // 3
        if third == 0:
            return
        middle, last = (statistics.median(part) for part in (samples[third:-third], samples[-third:]))
        print(f"resident: {middle / 1e6:.1f} MB in the middle of the run, {last / 1e6:.1f} MB at its "
              "end", flush=True)
        if SECONDS >= 1800:  # a short one is still warming up
            self.assertLess(last, GROWTH_MAX * middle)

    def check_rest(self, node, before):
        def status():
            return node.must("node-status")

        def is_quiet():
            now = status()
            return (now["connections"]["open"] == before["connections"]["open"] and
                    not any(now["sessions"][state] for state in
                            ("pending", "connected", "disconnected")))

        await_that(is_quiet, HANDOFF_S + 30, "everybody is gone", lambda: describe(status()))

        # Rooms stay, and sessions for a while, to say how they ended.
        def rest(now):
            return (now["process"]["actors"] - now["rooms"]["active"] -
                    sum(now["sessions"].values()))

        await_that(lambda: rest(status()) == rest(before), 30, "every actor is a room or a session",
                   lambda: describe(status()))
        if LONG:
            await_that(lambda: not any(status()["sessions"].values()), RETENTION_S + 120,
                       "no session is left", lambda: describe(status()))
            self.assertEqual(rest(status()), rest(before), "no actor is left but rooms")
        sockets = [name for fd in os.listdir(f"/proc/{node.process.pid}/fd")
                   if (name := self.target_of(node, fd)).startswith("socket:")]
        # One listens, one asks.
        self.assertEqual(len(sockets), 2, sockets)
        print(f"left: {describe(status())}", flush=True)

    @staticmethod
    def target_of(node, fd):
        try:
            return os.readlink(f"/proc/{node.process.pid}/fd/{fd}")
        except FileNotFoundError:
            return ""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--victim"]:
        asyncio.run(talk_until_killed(int(sys.argv[2])))
    else:
        unittest.main()
