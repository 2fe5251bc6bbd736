#!/usr/bin/python3
"""The power is cut, again and again: with --durability power all that was acknowledged is there
afterwards, once and in order, as after kill -9; with --durability process the same cut takes some of
it, which shows that the test can fail. The disk is unsynced.cpp: it keeps what was synced."""

import asyncio
import os
import shutil
import tempfile
import unittest

from fault import Progress, choices, preloaded, rounds
from ledger import Ledger, Load, check, connect
from lib.chat import TIMEOUT_S, next_of
from lib.node import Node

ROUNDS = rounds(short=10, long=500)
ROOMS = ("general", "random", "help")
SOCKETS_A_ROOM = 2
ACKS_MAX = 120
SECONDS_MAX = 0.150
PAGE = 4096


class Machine:
    """A node on a disk that forgets what was not synced."""

    def __init__(self, mode):
        self.place = tempfile.mkdtemp(prefix="chatd-power-")
        # Made by chatd: the directory too has to be there after the first cut.
        self.data = os.path.join(self.place, "data")
        self.disk = os.path.join(self.place, "disk")
        env = preloaded("unsynced", FAULT_DATA=self.data, FAULT_DISK=self.disk)
        self.node = Node("--durability", mode, data=self.data, env=env)

    def cut(self, arrived=None):
        """After the process is gone. `arrived(bytes, at)` is what has reached the disk all the same
        of bytes that were appended to a file at this place and not synced."""
        kept = os.path.join(self.disk, "data")
        assert os.path.isdir(kept), "the data directory itself was not synced"
        if arrived:
            for name in os.listdir(kept):
                self.append_some(os.path.join(self.data, name), os.path.join(kept, name), arrived)
        shutil.rmtree(self.data)
        shutil.copytree(kept, self.data)
        shutil.rmtree(self.disk)

    @staticmethod
    def append_some(real, kept, arrived):
        if os.path.exists(real):
            with open(real, "rb") as source, open(kept, "ab") as target:
                at = source.seek(target.tell())
                target.write(arrived(source.read(), at))

    def close(self):
        self.node.close()
        shutil.rmtree(self.place)


def ways_to_arrive(rng):
    """Nothing; the beginning; single pages, with zeros between them. One of these, by chance."""
    def beginning(unsynced, _):
        return unsynced[:rng.randint(0, len(unsynced))]

    def pages(unsynced, at):
        some = bytearray(unsynced)
        for page in range(at // PAGE, (at + len(some)) // PAGE + 1):
            if rng.random() < 0.5:
                begin, end = max(0, page * PAGE - at), max(0, (page + 1) * PAGE - at)
                some[begin:end] = bytes(len(some[begin:end]))
        return some
    return rng.choice((None, beginning, pages))


class Power(unittest.TestCase):
    def machine(self, mode):
        machine = Machine(mode)
        self.addCleanup(machine.close)
        return machine

    def test_power_loses_nothing(self):
        rng = choices()
        ledgers = [Ledger(room) for room in ROOMS]
        machine = self.machine("power")
        node = machine.node
        progress, guests, returned, token = Progress(ROUNDS), [], 0, None
        for number in progress:
            try:
                back = rng.sample(guests, min(3, len(guests)))
                asyncio.run(check(node.start(), ledgers, back))
                returned += len(back)
                if token:
                    asyncio.run(self.opens(node, token))
                handoff = node.must("chat-connect", {"roomId": "help", "nickname": "Pat"})
                token = handoff["credentials"]["token"]
                load = Load(number, ledgers, rng)
                asyncio.run(load.run(node, SOCKETS_A_ROOM, ACKS_MAX, SECONDS_MAX))
                guests = load.guests
                machine.cut(ways_to_arrive(rng))
            except Exception as error:
                raise AssertionError(f"round {number}\n{node.stderr()[-2000:]}") from error
        asyncio.run(check(node.start(), ledgers, guests, everything=True))
        acked = sum(ledger.acked for ledger in ledgers)
        self.assertGreater(acked, ROUNDS, "hardly any load")
        progress.report(f"power cut under durability power, {acked} acknowledged, none lost; "
                        f"{returned} sessions came back")

    async def opens(self, node, token):
        """A token that was not used before the cut: its session is known, and what it is signed
        with."""
        socket = await connect(f"ws://127.0.0.1:{node.port}/rooms/help?token={token}")
        await next_of(socket, "welcome")
        await socket.close()

    def test_process_loses_some(self):
        """The proof of the proof: this disk does forget."""
        machine = self.machine("process")
        node = machine.node.start()
        handoff = node.must("chat-connect", {"roomId": "general", "nickname": "Ada"})
        for i in range(200):
            node.must("chat-send", {"roomId": "general", "text": f"message {i}"})
        node.kill()
        machine.cut()
        node.start()
        history = [m["text"] for m in node.history("general")]
        self.assertLess(len(history), 200, "nothing was lost: this disk forgets nothing")
        self.assertEqual(history, [f"message {i}" for i in range(len(history))])
        status = node.call("chat-status", {"sessionId": handoff["credentials"]["sessionId"]})
        print(f"power cut under durability process: {200 - len(history)} of 200 acknowledged messages "
              f"lost, the session {'kept' if status['success'] else 'lost'}", flush=True)
        node.stop()

    def test_no_id_is_given_out_twice(self):
        """Messages are lost in the default mode. Their ids are gone with them, in a new store and in
        one that was there before."""
        rng = choices()
        machine = self.machine("process")
        node = machine.node
        seen, lost = {}, 0
        for number in Progress(rounds(short=4, long=50)):
            node.start()
            position = max(seen, default=None)
            if position:
                page = node.call("chat-poll", {"roomId": "general", "since": position})
                held = {m["id"] for m in node.history("general")}
                lost += len(set(seen) - held)
                told = [w["code"] for w in page.get("warnings", [])]
                self.assertEqual(told, [] if position in held else ["POSITION_LOST"])
            for i in range(40):
                said = node.must("chat-send", {"roomId": "general", "text": f"{number} {i}"})
                self.assertNotIn(said["messageId"], seen)
                self.assertTrue(not position or said["messageId"] > position)
                seen[said["messageId"]] = f"{number} {i}"
            node.kill()
            # In this mode zeros between what arrived would be damage: many records are not synced.
            machine.cut(rng.choice((None, lambda unsynced, _: unsynced[:len(unsynced) // 2])))
        self.assertGreater(lost, 0, "nothing was lost: this disk forgets nothing")

    def test_a_stopped_node_needs_no_power(self):
        """SIGTERM writes everything: what follows cannot take it, in either mode."""
        machine = self.machine("process")
        node = machine.node.start()
        for i in range(50):
            node.must("chat-send", {"roomId": "help", "text": f"message {i}"})
        self.assertLess(node.stop(), TIMEOUT_S)
        machine.cut()
        node.start()
        self.assertEqual([m["text"] for m in node.history("help")], [f"message {i}" for i in range(50)])
        node.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
