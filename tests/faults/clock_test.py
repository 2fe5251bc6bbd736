#!/usr/bin/python3
"""The wall clock jumps by days, to and fro, while a node serves: nobody expires or lives for ever,
tokens open what they opened before, messages keep their order, and no call is refused for it."""

import asyncio
import unittest

import websockets

from fault import Progress, SharedNumber, choices, preloaded, rounds
from ledger import connect
from lib.chat import Rpc, join, next_of, say
from lib.node import Node

ROUNDS = rounds(short=2, long=20)
DAY_S = 24 * 60 * 60
SWEEP_S = 2.2  # deadlines are looked at once a second


class Clock(unittest.TestCase):
    def setUp(self):
        self.clock = SharedNumber()
        self.addCleanup(self.clock.close)
        # Rate limits as an operator has them: they count by a clock too.
        env = {**preloaded("shifted_clock", FAULT_CLOCK=self.clock.path), "CHATD_RATE_LIMITS": "on"}
        self.node = Node("--log-level", "debug", env=env)
        self.addCleanup(self.node.close)

    def test_jumps_while_it_serves(self):
        rng = choices()
        progress = Progress(ROUNDS)
        node = self.node.start()
        started = node.must("node-status")["startedAt"]
        last = ""
        for number in progress:
            shift = (DAY_S, -DAY_S)[number % 2] * rng.choice((1, 1, 30, 365))
            last = asyncio.run(self.one_jump(number, shift, last))
        status = node.must("node-status")
        self.assertEqual(status["startedAt"], started)
        self.assertIn(status["uptimeSeconds"], range(60 * 60))
        self.assertEqual((status["sessions"]["expired"], status["dropped"]["rateLimited"]), (0, 0))
        texts = [m["text"] for m in node.history("general")]
        self.assertEqual(texts, [f"{n} {t}" for n in range(1, ROUNDS + 1) for t in ("before", "after")])
        node.stop()
        progress.report("jumps of the wall clock by days: sessions, tokens, order and rates unmoved")

    def test_ids_ascend_where_the_clock_goes_back(self):
        """Between two starts, by days: then the store knows which ids were given out."""
        ids = []
        for shift in (365 * DAY_S, 0, -30 * DAY_S, 30 * 365 * DAY_S, 0):
            self.clock.set(shift)
            self.node.start()
            for text in ("one", "two"):
                said = self.node.must("chat-send", {"roomId": "general", "text": text})
                ids.append(said["messageId"])
            self.node.kill()
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual({len(one) for one in ids}, {17})

    async def one_jump(self, number, shift, last):
        node = self.node
        rpc = await Rpc.open(node.port)
        ada = await join(rpc, "general", "Ada")
        lost = await rpc.must("chat-connect", {"roomId": "general", "nickname": "Lost"})
        socket = await connect(f"{lost['endpoint']}?token={lost['credentials']['token']}")
        await next_of(socket, "welcome")
        await socket.close()
        pending = await rpc.must("chat-connect", {"roomId": "general", "nickname": "Pat"})
        await ada.send(say(f"{number} before"))
        before = (await next_of(ada, "message", text=f"{number} before"))["id"]
        self.clock.set(shift)
        await asyncio.sleep(SWEEP_S)
        await ada.send(say(f"{number} after"))
        after = (await next_of(ada, "message", text=f"{number} after"))["id"]
        self.assertLess(last, before)
        self.assertLess(before, after)
        # A token from before opens its connection; one that was used stays so.
        pat = await connect(f"{pending['endpoint']}?token={pending['credentials']['token']}")
        await next_of(pat, "welcome")
        with self.assertRaises(websockets.ConnectionClosed):
            again = await connect(f"{pending['endpoint']}?token={pending['credentials']['token']}")
            await next_of(again, "welcome")
        # Who had lost its connection comes back to what it missed.
        back = await rpc.must("chat-reconnect", {"sessionId": lost["credentials"]["sessionId"],
                                                 "lastMessageId": before})
        socket = await connect(f"{back['endpoint']}?token={back['credentials']['token']}")
        self.assertEqual((await next_of(socket, "message"))["id"], after)
        await next_of(socket, "caught_up")
        for each in (socket, pat, ada):
            await each.close()
        rpc.close()
        return after

    def test_it_has_jumped_when_the_node_starts_again(self):
        """Back by a day, then forward: ids go on, used tokens stay used, sessions that are young by
        the new clock come back."""
        node = self.node.start()
        handoff = node.must("chat-connect", {"roomId": "general", "nickname": "Ada"})
        token = handoff["credentials"]["token"]
        ids = [asyncio.run(self.speak(handoff, "one"))]
        for shift, state in ((-DAY_S, "disconnected"), (2 * DAY_S, "expired")):
            node.kill()
            self.clock.set(shift)
            node.start()
            ids.append(node.must("chat-send", {"roomId": "general", "text": "more"})["messageId"])
            self.assertIn(asyncio.run(self.close_code(token)), (4001, 4002))
            session = {"sessionId": handoff["credentials"]["sessionId"]}
            for _ in range(100):  # until it was looked at
                status = node.must("chat-status", session)
                if status["state"] == state:
                    break
                asyncio.run(asyncio.sleep(0.1))
            self.assertEqual(status["state"], state)
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual([m["id"] for m in node.history("general")], ids)
        node.stop()

    async def speak(self, handoff, text):
        socket = await connect(f"{handoff['endpoint']}?token={handoff['credentials']['token']}")
        await socket.send(say(text))
        message_id = (await next_of(socket, "message", text=text))["id"]
        await socket.close()
        return message_id

    async def close_code(self, token):
        socket = await connect(f"ws://127.0.0.1:{self.node.port}/rooms/general?token={token}")
        try:
            await next_of(socket, "welcome")
        except websockets.ConnectionClosed:
            return socket.close_code
        raise AssertionError("a used token opened a connection")


if __name__ == "__main__":
    unittest.main(verbosity=2)
