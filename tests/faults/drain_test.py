#!/usr/bin/python3
"""Nodes hand over to each other under load, again and again. Clients do as clients should: told
1001, or cut off, they call chat-reconnect with the last id they have and send again what was not
acknowledged, with its clientMessageId. Zero lost, zero repeated."""

import asyncio
import itertools
import json
import time
import unittest

import websockets

from fault import Progress, rounds
from ledger import GONE, connect
from lib.chat import TIMEOUT_S, Rpc, say
from lib.node import START_TIMEOUT_S, Node

ROUNDS = rounds(short=3, long=60)
ROOMS = ("general", "random", "help")
CLIENTS_A_ROOM = 4
HAND_OVERS_A_SESSION = 4
LIVES_S = 0.4  # of one node, under load
UNDER_WAY_MAX = 8
BACKOFF_S = 0.05


class Client:
    """A person with a client that comes back."""

    def __init__(self, room, name):
        self.room, self.name = room, name
        self.session_id = None
        self.seen = []  # ids, in the order in which they came
        self.texts = {}  # id -> text
        self.under_way = {}  # clientMessageId -> text
        self.made = self.returns = self.new_sessions = 0

    async def run(self, port, enough):
        """Talks until `enough` is set and nothing is under way; answers when all of it was seen."""
        while not (enough.is_set() and not self.under_way and self.seen):
            try:
                socket = await self.enter(port)
                await self.talk(socket, enough)
                await socket.close()
                return
            except GONE:
                self.returns += 1
            except (OSError, websockets.InvalidHandshake, TimeoutError):
                pass
            await asyncio.sleep(BACKOFF_S)

    async def enter(self, port):
        rpc = await Rpc.open(port)
        try:
            if self.session_id is None:
                handoff = await self.ask(rpc, "chat-connect",
                                         {"roomId": self.room, "nickname": self.name})
            else:
                handoff = await self.ask(rpc, "chat-reconnect", {
                    "sessionId": self.session_id,
                    **({"lastMessageId": self.seen[-1]} if self.seen else {})})
            self.session_id = handoff["credentials"]["sessionId"]
            return await connect(f"{handoff['endpoint']}?token={handoff['credentials']['token']}")
        finally:
            rpc.close()

    async def ask(self, rpc, command, data):
        result = await rpc.call(command, data)
        if result["success"]:
            return result["data"]
        assert result["error"]["retryable"], f"{self.name}: {result['error']}"
        raise ConnectionError(result["error"]["code"])

    async def talk(self, socket, enough):
        for client_id, text in self.under_way.items():  # of the connection before
            await socket.send(say(text, client_id))
        while True:
            while len(self.under_way) < UNDER_WAY_MAX and not enough.is_set():
                self.made += 1
                client_id = f"{self.name}-{self.made}"
                self.under_way[client_id] = f"{self.name} says {self.made}"
                await socket.send(say(self.under_way[client_id], client_id))
            if enough.is_set() and not self.under_way:
                return
            self.take(json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S)))

    def take(self, event):
        if event["type"] == "error":
            assert event["code"] in ("STORAGE_UNAVAILABLE", "OVERLOADED"), event
            raise ConnectionError(event["code"])
        assert event["type"] != "history_gap", event
        if event["type"] != "message":
            return
        own = event.get("clientMessageId")
        if own:
            self.under_way.pop(own, None)
        if event["id"] in self.texts:
            # Its own, sent again: the node shows it what it has of it, to itself only.
            assert own, f"{self.name} got {event['id']} again"
            assert self.texts[event["id"]] == event["text"], event
            return
        assert not self.seen or event["id"] > self.seen[-1] or own, f"{self.name}: {event}"
        self.seen.append(event["id"])
        self.texts[event["id"]] = event["text"]


class Drain(unittest.TestCase):
    def test_zero_lost_zero_repeated(self):
        progress = Progress(ROUNDS)
        left = iter(progress)
        self.gaps_s = []
        stored = returns = 0
        # A session may use up 32 tokens in five minutes, so there are new ones before that.
        while there := list(itertools.islice(left, HAND_OVERS_A_SESSION)):
            clients = [Client(room, f"{room}-{i}") for room in ROOMS for i in range(CLIENTS_A_ROOM)]
            node = Node().start()
            self.addCleanup(node.close)
            node = asyncio.run(self.run_all(node, clients, len(there)))
            self.addCleanup(node.close)
            stored += sum(self.check(room, node.history(room), [c for c in clients if c.room == room])
                          for room in ROOMS)
            node.stop()
            returns += sum(client.returns for client in clients)
        self.assertGreaterEqual(returns, ROUNDS, "hardly anybody had to come back")
        progress.report(f"hand-overs under load: {stored} messages stored, each once, each seen once "
                        f"and in order by {len(ROOMS) * CLIENTS_A_ROOM} clients at a time, who came "
                        f"back {returns} times; old node gone and new one there within "
                        f"{max(self.gaps_s):.2f} s")

    async def run_all(self, node, clients, hand_overs):
        enough = asyncio.Event()
        tasks = [asyncio.create_task(client.run(node.port, enough)) for client in clients]
        address = f"127.0.0.1:{node.port}"
        self.data = node.data
        node.own_data = False  # the last one's
        for _ in range(hand_overs):
            await asyncio.sleep(LIVES_S)
            following = Node("--durability", "process", data=self.data, listen=(address,))
            began = time.monotonic()
            node.send_signal()
            following.spawn()
            listening = await asyncio.to_thread(following.await_listening, START_TIMEOUT_S)
            assert listening, following.stderr()
            await asyncio.to_thread(node.expect_exit)
            self.gaps_s.append(time.monotonic() - began)
            node.close()
            node = following
            for task in tasks:
                if task.done():
                    task.result()
        node.own_data = True
        await asyncio.sleep(LIVES_S)
        enough.set()
        await asyncio.wait_for(asyncio.gather(*tasks), TIMEOUT_S)
        return node

    def check(self, room, history, clients):
        """Every message once; every client saw all from its first to its last, in order."""
        ids = [m["id"] for m in history]
        texts = [m["text"] for m in history]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(len(texts), len(set(texts)), "something was stored twice")
        said = {f"{c.name} says {n}" for c in clients for n in range(1, c.made + 1)}
        self.assertEqual(set(texts), said, "something was lost")
        for client in clients:
            first, last = ids.index(client.seen[0]), ids.index(client.seen[-1])
            self.assertEqual(client.seen, ids[first:last + 1], f"{client.name} missed or repeated")
        return len(ids)


if __name__ == "__main__":
    unittest.main(verbosity=2)
