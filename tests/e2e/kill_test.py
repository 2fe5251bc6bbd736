#!/usr/bin/python3
"""Kill -9 under load, again and again: what was acknowledged is there after the restart, once and
in order, and no id is ever given out twice.

CHATD_KILL_ROUNDS sets the number of rounds (200; 50 with a sanitizer), CHATD_KILL_SEED repeats a
run's random choices."""

import asyncio
import json
import os
import random
import sys
import time
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S, Rpc, join, say  # noqa: E402
from lib.node import Node, is_sanitized  # noqa: E402

ROUNDS = int(os.environ.get("CHATD_KILL_ROUNDS", 50 if is_sanitized() else 200))
SEED = int(os.environ.get("CHATD_KILL_SEED", time.time_ns() % 1_000_000))
FULL_CHECK_EVERY = 20
ROOMS = ("general", "random", "help")
SOCKETS_A_ROOM = 2
UNDER_WAY_MAX = 16  # messages a sender has sent and not seen yet
KILL_AFTER_ACKS_MAX = 120
KILL_AFTER_S_MAX = 0.060
GONE = (websockets.ConnectionClosed, ConnectionError, asyncio.IncompleteReadError)


class Ledger:
    """What the clients of one room know to be true."""

    def __init__(self, room):
        self.room = room
        self.sent = {}  # text -> sender, whether it arrived or not
        self.seen = {}  # id -> text, of everything the node ever showed: broadcast, answer or poll
        self.unchecked = set()  # those of `seen` that no poll has returned yet
        self.acked = 0
        self.unanswered = {}  # clientMessageId -> text of chat-send calls cut off by the kill
        self.checked = []  # (id, text) as polled, up to the last check
        self.id_of = {}  # text -> id of those

    def show(self, message_id, text):
        if message_id not in self.seen:
            self.seen[message_id] = text
            self.unchecked.add(message_id)
        before = self.seen[message_id]
        assert before == text, f"{self.room}: id {message_id} is {before!r} and then {text!r}"

    def last_checked(self):
        return self.checked[-1][0] if self.checked else ""

    def extend(self, messages):
        """Checks a history read after the last checked message."""
        last = self.last_checked()
        for m in messages:
            message_id, text = m["id"], m["text"]
            where = f"{self.room}: {message_id} {text[:40]!r}"
            assert message_id > last, f"{where} comes after {last}"
            last = message_id
            assert text in self.sent, f"{where} was never sent"
            assert m["sender"] == self.sent[text], f"{where} is from {m['sender']!r}"
            assert text not in self.id_of, f"{where} is there as {self.id_of[text]} too"
            self.show(message_id, text)
            self.checked.append((message_id, text))
            self.id_of[text] = message_id
            self.unchecked.discard(message_id)
        lost = sorted(self.unchecked)
        assert not lost, f"{self.room}: {len(lost)} acknowledged messages lost: {lost[:5]}"

    def compare(self, messages):
        """Checks all of the room's history, read anew."""
        got = [(m["id"], m["text"]) for m in messages]
        assert got == self.checked, f"{self.room}: the history is not what it was"


class Round:
    """The load of one life of the node."""

    def __init__(self, number, ledgers, rng):
        self.number, self.ledgers, self.rng = number, ledgers, rng
        self.acks = 0
        self.kill_at_acks = None
        self.kill = asyncio.Event()

    def text(self, ledger, sender, n):
        text = f"{self.number}/{sender}/{n} "
        if self.rng.random() < 0.1:
            text += "€" * self.rng.randrange(1900)
        ledger.sent[text] = sender
        return text

    def acknowledge(self, ledger):
        ledger.acked += 1
        self.acks += 1
        if self.acks == self.kill_at_acks:
            self.kill.set()

    async def socket_sender(self, ledger, socket, name):
        """Keeps some messages under way; everything it sees counts, its own as acknowledged."""
        floor = ledger.last_checked()  # the highest id of the node's former lives
        under_way, n, last = [], 0, ""
        try:
            while True:
                while len(under_way) < UNDER_WAY_MAX:
                    text = self.text(ledger, name, n)
                    under_way.append((text, f"c{n}"))
                    n += 1
                    await socket.send(say(*under_way[-1]))
                event = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S))
                if event["type"] != "message":
                    assert event["type"] in ("user_joined", "user_left"), event
                    continue
                assert event["id"] > last, f"{event['id']} broadcast after {last}"
                last = event["id"]
                assert last > floor, f"{last} is not above {floor}, given out before the restart"
                ledger.show(event["id"], event["text"])
                if event["sender"] != name:
                    assert "clientMessageId" not in event, event
                    continue
                assert (event["text"], event["clientMessageId"]) == under_way.pop(0), event
                self.acknowledge(ledger)
        except GONE:
            assert self.kill.is_set(), "the node closed a socket before it was killed"

    async def command_sender(self, ledger, rpc):
        n = 0
        try:
            while True:
                text, client_id = self.text(ledger, "Agent", n), f"r{self.number}-{n}"
                n += 1
                ledger.unanswered[client_id] = text
                sent = await rpc.must("chat-send", {"roomId": ledger.room, "text": text,
                                                    "clientMessageId": client_id})
                del ledger.unanswered[client_id]
                ledger.show(sent["messageId"], text)
                self.acknowledge(ledger)
        except GONE:
            assert self.kill.is_set(), "the node closed a connection before it was killed"

    async def run(self, node):
        """Load on all rooms until the kill, at a random moment."""
        everyone = []
        for ledger in self.ledgers:
            rpc = await Rpc.open(node.port)
            for i in range(SOCKETS_A_ROOM):
                name = f"s{i}"
                everyone.append((self.socket_sender, ledger, await join(rpc, ledger.room, name), name))
            everyone.append((self.command_sender, ledger, rpc))
        if self.rng.random() < 0.5:
            self.kill_at_acks, moment_s = self.rng.randint(1, KILL_AFTER_ACKS_MAX), TIMEOUT_S
        else:
            moment_s = self.rng.uniform(0, KILL_AFTER_S_MAX)
        tasks = [asyncio.create_task(sender(*rest)) for sender, *rest in everyone]
        killed = asyncio.create_task(self.kill.wait())
        done, _ = await asyncio.wait([killed, *tasks], timeout=moment_s,
                                     return_when=asyncio.FIRST_COMPLETED)
        assert done or not self.kill_at_acks, f"{self.acks} acknowledged in {moment_s} s"
        self.kill.set()
        node.kill()
        await asyncio.wait_for(asyncio.gather(*tasks), TIMEOUT_S)
        await killed
        for sender, _, connection, *_ in everyone:
            if sender == self.command_sender:
                connection.close()


async def retry_cut_off(rpc, ledger):
    """A chat-send whose answer was lost is sent again with its clientMessageId: it is stored now
    or was before, but not twice."""
    for client_id, text in ledger.unanswered.items():
        sent = await rpc.must("chat-send", {"roomId": ledger.room, "text": text,
                                            "clientMessageId": client_id})
        if text in ledger.id_of:
            assert sent["messageId"] == ledger.id_of[text], f"{ledger.id_of[text]} became {sent}"
        else:
            assert sent["messageId"] > ledger.last_checked(), sent
        ledger.show(sent["messageId"], text)
        ledger.acked += 1
    ledger.unanswered.clear()


async def check(node, ledgers, everything):
    for ledger in ledgers:
        rpc = await Rpc.open(node.port)
        try:
            ledger.extend(await rpc.history(ledger.room, ledger.last_checked()))
            await retry_cut_off(rpc, ledger)
            ledger.extend(await rpc.history(ledger.room, ledger.last_checked()))
            if everything:
                ledger.compare(await rpc.history(ledger.room))
        finally:
            rpc.close()


def kill_while_starting(node, rng):
    """One life in ten ends before it begins: in the middle of opening the store."""
    while rng.random() < 0.1:
        node.spawn()
        node.await_listening(rng.uniform(0, max(node.starts_s, default=0.05)))
        node.kill()


class Kill(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        rng = random.Random(SEED)
        ledgers = [Ledger(room) for room in ROOMS]
        began = time.monotonic()
        node = Node()
        self.addCleanup(node.close)
        for number in range(1, ROUNDS + 1):
            try:
                kill_while_starting(node, rng)
                asyncio.run(self.one_round(node.start(), ledgers, number, rng))
                if number % FULL_CHECK_EVERY == 0 or number == ROUNDS:
                    asyncio.run(check(node.start(), ledgers, everything=True))
                    node.kill()
            except Exception as error:
                where = f"round {number}, CHATD_KILL_SEED={SEED}"
                raise AssertionError(f"{where}\n{node.stderr()[-2000:]}") from error
        self.report(node, ledgers, time.monotonic() - began)

    async def one_round(self, node, ledgers, number, rng):
        await check(node, ledgers, everything=False)
        await Round(number, ledgers, rng).run(node)

    def report(self, node, ledgers, took_s):
        acked = sum(ledger.acked for ledger in ledgers)
        stored = sum(len(ledger.checked) for ledger in ledgers)
        sent = sum(len(ledger.sent) for ledger in ledgers)
        starts = sorted(node.starts_s)
        self.assertGreater(acked, ROUNDS, "hardly any load")
        print(f"{ROUNDS} rounds in {took_s:.1f} s: {sent} sent, {acked} acknowledged, {stored} stored; "
              f"start p50 {starts[len(starts) // 2] * 1000:.0f} ms, max {starts[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
