#!/usr/bin/python3
"""Kill -9 under load, again and again, in both modes of durability: what was acknowledged is there
after the restart, once and in order, no id is ever given out twice, sessions come back to exactly
what they missed, and a used token opens nothing."""

import asyncio
import unittest

from fault import Progress, choices, rounds
from ledger import Ledger, Load, check
from lib.node import Node

ROUNDS = rounds(short=16, long=1000)  # of each mode
FULL_CHECK_EVERY = 20
ROOMS = ("general", "random", "help")
SOCKETS_A_ROOM = 2
ACKS_MAX = 120
SECONDS_MAX = 0.060


def kill_while_starting(node, rng):
    """One life in ten ends before it begins: in the middle of opening the store."""
    while rng.random() < 0.1:
        node.spawn()
        node.await_listening(rng.uniform(0, max(node.starts_s, default=0.05)))
        node.kill()


class Kill(unittest.TestCase):
    def test_process(self):
        self.kill_again_and_again("process")

    def test_power(self):
        self.kill_again_and_again("power")

    def kill_again_and_again(self, mode):
        rng = choices()
        ledgers = [Ledger(room) for room in ROOMS]
        node = Node("--durability", mode)
        self.addCleanup(node.close)
        progress, guests, returned, missed = Progress(ROUNDS), [], 0, 0
        for number in progress:
            try:
                kill_while_starting(node, rng)
                node.start()
                back = rng.sample(guests, min(2, len(guests)))
                missed += asyncio.run(check(node, ledgers, back, number % FULL_CHECK_EVERY == 0))
                returned += len(back)
                load = Load(number, ledgers, rng)
                asyncio.run(load.run(node, SOCKETS_A_ROOM, ACKS_MAX, SECONDS_MAX))
                guests = load.guests
            except Exception as error:
                raise AssertionError(f"round {number}\n{node.stderr()[-2000:]}") from error
        asyncio.run(check(node.start(), ledgers, guests, everything=True))
        acked = sum(ledger.acked for ledger in ledgers)
        stored = sum(len(ledger.checked) for ledger in ledgers)
        starts = sorted(node.starts_s)
        self.assertGreater(acked, ROUNDS, "hardly any load")
        progress.report(f"durability {mode}, {acked} acknowledged, {stored} stored, none lost; "
                        f"{returned} sessions came back to the {missed} messages they had missed; "
                        f"start p50 {starts[len(starts) // 2] * 1000:.0f} ms, "
                        f"max {starts[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
