#!/usr/bin/python3
"""Messages are found by their words and people by their rooms: what is acknowledged, also after
kill -9, each once, page by page while more is said; and who is connected, people and agents."""

import asyncio
import http.client
import json
import os
import random
import sys
import threading
import time
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S  # noqa: E402
from lib.node import Node  # noqa: E402

ROOMS = ("general", "random", "help")
ROUNDS = 3
BEFORE_THE_KILL_S = 0.6
INDEXED_S = 1.0  # a node has indexed what these tests say


def said(node, room, texts):
    """Says them in one batch; the texts that were acknowledged, or none when the node is gone."""
    commands = [{"command": "chat-send", "input": {"roomId": room, "text": t}} for t in texts]
    try:
        results = node.call("afd-batch", {"commands": commands})["results"]
    except (OSError, http.client.HTTPException):
        return []
    return [t for t, r in zip(texts, results) if r["result"]["success"]]


def search(node, query, between=lambda: None, **data):
    """All pages of a search, one list; `between` runs after each."""
    found = []
    while True:
        page = node.must("chat-search", {"query": query, **data})
        found += page["messages"]
        if "nextCursor" not in page:
            return found
        data["cursor"] = page["nextCursor"]
        between()


def keys(messages):
    return [(m["roomId"], m["id"]) for m in messages]


class Search(unittest.TestCase):
    def node(self, *flags, **options):
        node = Node(*flags, **options)
        self.addCleanup(node.close)
        return node

    def test_kill_loses_nothing_that_was_acknowledged(self):
        node = self.node()
        acknowledged = []
        for number in range(ROUNDS):
            node.start()
            stop_at = time.monotonic() + BEFORE_THE_KILL_S * random.uniform(0.5, 1.5)
            client = Node(data=node.data)  # a connection of its own
            client.urls, client.process = node.urls, node.process

            def talk():
                count = 0
                while True:
                    room = ROOMS[count % len(ROOMS)]
                    texts = [f"common half{n % 2} word{number}x{count}x{n}" for n in range(100)]
                    done = said(client, room, texts)
                    acknowledged.extend((room, text) for text in done)
                    count += 1
                    if not done:
                        return

            talker = threading.Thread(target=talk)
            talker.start()
            time.sleep(max(0, stop_at - time.monotonic()))
            node.kill()
            talker.join()
            client.process = None
            client.close()
        node.start()
        held = {room: node.history(room) for room in ROOMS}
        self.assertGreater(len(acknowledged), 300)
        for indexed in (False, True):
            found = search(node, "half0 common", limit=100)
            self.assertEqual(len(keys(found)), len(set(keys(found))))
            self.assertEqual({(m["roomId"], m["text"]) for m in found},
                             {(room, m["text"]) for room in ROOMS for m in held[room]
                              if "half0" in m["text"]})
            self.assertEqual(found, sorted(found, key=lambda m: m["timestamp"], reverse=True))
            for room, text in random.sample(acknowledged, 30) + acknowledged[-3:]:
                word = text.split()[-1]
                self.assertEqual([(m["roomId"], m["text"]) for m in search(node, f"{word} common")],
                                 [(room, text)])
            self.assertEqual(search(node, "nobody said this"), [])
            if not indexed:
                time.sleep(INDEXED_S)

    def test_paging_while_more_is_said(self):
        node = self.node().start()
        for number in range(8):
            said(node, ROOMS[number % 2], [f"old {number} {n}" for n in range(100)])
        expected = keys(search(node, "old", limit=100))
        self.assertEqual(len(expected), 800)
        count = iter(range(1000))
        paged = search(node, "old", limit=37,
                       between=lambda: said(node, "general", [f"old new {next(count)}"]))
        self.assertEqual(keys(paged), expected)
        refused = node.call("chat-search", {"query": "old", "cursor": "rubbish"})
        self.assertEqual(refused["error"]["code"], "VALIDATION_ERROR")

    def test_a_deleted_room_is_not_found(self):
        node = self.node().start()
        node.must("chat-room-create", {"roomId": "den"})
        for number in range(12):
            said(node, "den", [f"gone {number} {n}" for n in range(100)])
        self.assertEqual(len(search(node, "gone", limit=100)), 1200)
        time.sleep(INDEXED_S)
        node.must("chat-room-delete", {"roomId": "den"})
        self.assertEqual(search(node, "gone"), [])
        node.must("chat-room-create", {"roomId": "den"})
        said(node, "den", ["back again"])
        self.assertEqual([m["text"] for m in search(node, "again", roomId="den")], ["back again"])
        node.kill()
        node.start()
        self.assertEqual(search(node, "gone"), [])

    def test_participants(self):
        node = self.node("--room", "hall:Hall:1000").start()

        def tool(name, arguments):
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                    "params": {"name": name, "arguments": arguments}}
            _, _, body = node.request("POST", "/message", json.dumps(call),
                                      {"Content-Type": "application/json"})
            return json.loads(body)["result"]["structuredContent"]["data"]

        async def enter(handoff):
            ws = await websockets.connect(
                f"{handoff['endpoint']}?token={handoff['credentials']['token']}", compression=None,
                close_timeout=1)
            await asyncio.wait_for(ws.recv(), TIMEOUT_S)
            return ws

        def listed(**data):
            return node.must("chat-participants", {"roomId": "hall", **data})

        async def run():
            ada = await enter(node.must("chat-connect", {"roomId": "hall", "nickname": "Ada"}))
            bot = tool("chat-connect", {"roomId": "hall", "nickname": "Bot"})
            others = [await enter(bot)]
            for number in range(20):
                others.append(await enter(node.must(
                    "chat-connect", {"roomId": "hall", "nickname": f"guest {number}"})))
            everybody = listed()
            self.assertEqual(everybody["total"], 22)
            self.assertEqual([(p["nickname"], p["kind"]) for p in everybody["participants"][:2]],
                             [("Ada", "human"), ("Bot", "agent")])
            paged, page = [], listed(limit=5)
            while True:
                paged += page["participants"]
                if "nextCursor" not in page:
                    break
                page = listed(limit=5, cursor=page["nextCursor"])
            self.assertEqual(paged, everybody["participants"])
            session = bot["credentials"]["sessionId"]
            node.kill()
            node.start()
            self.assertEqual(listed()["total"], 0)
            await enter(node.must("chat-reconnect", {"sessionId": session}))
            self.assertEqual([(p["nickname"], p["kind"]) for p in listed()["participants"]],
                             [("Bot", "agent")])
            self.assertEqual(node.must("chat-status", {"sessionId": session})["kind"], "agent")
            for ws in [ada, *others]:
                await ws.close()

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main(verbosity=2)
