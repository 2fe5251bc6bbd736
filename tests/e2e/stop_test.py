#!/usr/bin/python3
"""SIGTERM and SIGINT: goodbye to everybody, nothing acknowledged lost, exit 0 within 5 seconds."""

import asyncio
import json
import os
import select
import signal
import socket
import sys
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S, Rpc, join, say  # noqa: E402
from lib.node import STOP_TIMEOUT_S, Node  # noqa: E402
from lib.raw_ws import TEXT, Peer, close_frame, frame  # noqa: E402

GOING_AWAY = 1001
ROOMS = ("general", "random", "help")


class Load:
    """Senders of all kinds until the node says goodbye."""

    def __init__(self):
        self.acked = {room: {} for room in ROOMS}  # id -> text
        self.enough = asyncio.Event()
        self.stopping = False
        self.close_codes = []
        self.refused = []

    def acknowledge(self, room, message_id, text):
        assert message_id not in self.acked[room], message_id
        self.acked[room][message_id] = text
        if sum(map(len, self.acked.values())) >= 300:
            self.enough.set()

    async def socket_sender(self, ws, room, name):
        n = 0
        try:
            while True:
                for _ in range(8):
                    await ws.send(say(f"{name} {n}", f"c{n}"))
                    n += 1
                while True:
                    event = json.loads(await asyncio.wait_for(ws.recv(), TIMEOUT_S))
                    if event["type"] != "message" or event["sender"] != name:
                        continue
                    self.acknowledge(room, event["id"], event["text"])
                    if event["clientMessageId"] == f"c{n - 1}":
                        break
        except websockets.ConnectionClosed:
            self.close_codes.append(ws.close_code)

    async def listener(self, ws):
        try:
            while True:
                await asyncio.wait_for(ws.recv(), TIMEOUT_S)
        except websockets.ConnectionClosed:
            self.close_codes.append(ws.close_code)

    async def command_sender(self, rpc, room):
        n = 0
        try:
            while True:
                text = f"command {n}"
                sent = await rpc.call("chat-send", {"roomId": room, "text": text})
                n += 1
                if sent["success"]:
                    self.acknowledge(room, sent["data"]["messageId"], text)
                else:  # a clear refusal is an answer too, while the node stops
                    assert self.stopping, sent
                    assert sent["error"]["retryable"], sent
                    self.refused.append(sent["error"]["code"])
        except (ConnectionError, asyncio.IncompleteReadError) as end:
            assert self.stopping, "closed before the signal"
            # Between two answers, never within one.
            assert not getattr(end, "partial", b""), end
        finally:
            rpc.close()

    async def run(self, node, number):
        """Sends, gets the node its signal under way, and sees everything end."""
        tasks, sockets = [], 0
        for room in ROOMS:
            rpc = await Rpc.open(node.port)
            for i in range(3):
                tasks.append(self.socket_sender(await join(rpc, room, f"s{i}"), room, f"s{i}"))
                tasks.append(self.listener(await join(rpc, room, f"l{i}")))
                sockets += 2
            tasks.append(self.command_sender(rpc, room))
        tasks = [asyncio.create_task(t) for t in tasks]
        enough = asyncio.create_task(self.enough.wait())
        await asyncio.wait([enough, *tasks], timeout=TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        self.stopping = True
        node.send_signal(number)
        await asyncio.wait_for(asyncio.gather(*tasks), TIMEOUT_S)
        assert await asyncio.wait_for(enough, TIMEOUT_S)
        assert self.close_codes == [GOING_AWAY] * sockets, self.close_codes


def chat_path(node, room="general", nickname="raw"):
    handoff = node.must("chat-connect", {"roomId": room, "nickname": nickname})
    return f"/rooms/{room}?token={handoff['credentials']['token']}"


def read_to_end(sock):
    """Everything until the node has closed the connection."""
    data = b""
    try:
        while chunk := sock.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


class Stop(unittest.TestCase):
    def node(self, *flags, data=None):
        node = Node(*flags, data=data)
        self.addCleanup(node.close)
        return node.start()

    def connect(self, node):
        sock = socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S)
        self.addCleanup(sock.close)
        return sock

    def peer(self, node, nickname, **more):
        """A WebSocket in general, its welcome not read."""
        peer = Peer(node.port, chat_path(node, nickname=nickname), **more)
        self.addCleanup(peer.socket.close)
        return peer

    def joined(self, node, nickname):
        peer = self.peer(node, nickname)
        self.assertIn(b"welcome", peer.next()[1])
        return peer

    def test_under_load(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                node = self.node()
                load = Load()
                asyncio.run(load.run(node, number))
                took_s = node.expect_exit()
                node.start()  # on the same data, at once
                for room in ROOMS:
                    history = [(m["id"], m["text"]) for m in node.history(room)]
                    ids = [message_id for message_id, _ in history]
                    self.assertEqual(ids, sorted(set(ids)))
                    there = dict(history)
                    for message_id, text in load.acked[room].items():
                        self.assertEqual(there.get(message_id), text, f"{room} {message_id}")
                acked = sum(map(len, load.acked.values()))
                print(f"{number.name}: {acked} acknowledged, {len(load.refused)} refused while "
                      f"stopping, gone in {took_s:.2f} s", flush=True)
                node.stop()

    def test_idle(self):
        took_s = self.node().stop()
        print(f"idle: gone in {took_s:.2f} s", flush=True)

    def test_a_request_under_way_is_answered(self):
        """Its head is read when the signal comes, its body follows while the node says goodbye."""
        node = self.node()
        body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "chat-send",
                           "params": {"roomId": "general", "text": "last words"}}).encode()
        witness = self.joined(node, "witness")
        with self.connect(node) as http:
            http.sendall(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.assertTrue(http.recv(1000).startswith(b"HTTP/1.1 100 "), "no 100 Continue")
            node.send_signal()
            self.assertEqual(witness.next()[:2], ("close", GOING_AWAY))
            http.sendall(body)
            answer = read_to_end(http)
            witness.send(close_frame(GOING_AWAY))
        node.expect_exit()
        head, _, answered = answer.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), answer)
        self.assertIn(b"connection: close", head.lower())
        result = json.loads(answered)["result"]
        node.start()
        texts = [m["text"] for m in node.history("general")]
        if result["success"]:
            self.assertEqual(texts, ["last words"])
        else:
            self.assertTrue(result["error"]["retryable"], result)
            self.assertEqual(texts, [])

    def test_pipelined_requests_are_answered(self):
        """Those whose first byte the node had when the signal came; all it answers, it keeps."""
        node = self.node()
        requests = b""
        for i in range(40):
            body = json.dumps({"jsonrpc": "2.0", "id": i, "method": "chat-send",
                               "params": {"roomId": "help", "text": f"pipelined {i}"}}).encode()
            requests += (b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body)) + body
        with self.connect(node) as http:
            http.sendall(requests)
            first = http.recv(1)  # the first answer begins
            node.send_signal()
            answers = (first + read_to_end(http)).count(b'"data":{"messageId"')
        node.expect_exit()
        node.start()
        texts = [m["text"] for m in node.history("help")]
        self.assertGreaterEqual(answers, 1)
        self.assertGreaterEqual(len(texts), answers)
        self.assertEqual(texts, [f"pipelined {i}" for i in range(len(texts))])

    def test_idle_connections_do_not_delay(self):
        """They are ended at once: not one of them is waited for."""
        node = self.node()
        idle = [self.connect(node) for _ in range(20)]
        for _ in range(20):
            idle.append(self.connect(node))
            idle[-1].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(idle[-1].recv(4096).startswith(b"HTTP/1.1 200 "))
        idle.append(self.connect(node))
        idle[-1].sendall(b"GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        self.assertTrue(idle[-1].recv(4096).startswith(b"HTTP/1.1 200 "))
        took_s = node.stop()
        for sock in idle:
            read_to_end(sock)  # ended by the node
        self.assertNotIn("did not say goodbye", node.stderr())
        print(f"with {len(idle)} idle connections: gone in {took_s:.2f} s", flush=True)

    def test_requests_that_never_end(self):
        node = self.node()
        begun = [self.connect(node) for _ in range(5)]
        for sock in begun:
            sock.sendall(b"POST /rpc HTTP/1.1\r\nHost: loc")  # and never another byte
        took_s = node.stop()
        for sock in begun:
            read_to_end(sock)
        print(f"with {len(begun)} requests begun: gone in {took_s:.2f} s", flush=True)

    def test_clients_without_manners(self):
        """One never reads, one never answers the goodbye, one has not said who it is."""
        node = self.node()
        self.peer(node, "deaf", receive_buffer=4096)
        rude = self.joined(node, "rude")
        mute = Peer(node.port, "/rooms/general")
        self.addCleanup(mute.socket.close)
        speaker = self.joined(node, "speaker")
        text = "x" * 2000
        for i in range(60):  # beyond what the kernel takes for the deaf one, within its outbox
            speaker.send(frame(TEXT, say(text, f"c{i}")))
            while f'"c{i}"'.encode() not in speaker.next()[1]:
                pass
        took_s = node.stop()
        for peer, name in ((rude, "rude"), (mute, "mute"), (speaker, "speaker")):
            events = peer.rest()
            self.assertIn(("close", GOING_AWAY), [e[:2] for e in events], name)
        print(f"with clients that do not answer: gone in {took_s:.2f} s", flush=True)
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")], [text] * 60)

    def test_nobody_gets_in_while_it_stops(self):
        """Who asks is answered: that this node is not to be used, and that no session begins."""
        node = self.node()
        rude = self.peer(node, "rude")  # makes the goodbye last
        session_id = json.loads(rude.next()[1])["sessionId"]
        self.assertEqual(node.request("GET", "/ready")[0], 200)
        pending = chat_path(node, nickname="pending")
        node.send_signal()
        self.assertEqual(rude.next()[:2], ("close", GOING_AWAY))
        node.disconnect()  # the node has said goodbye to that one, too
        self.assertEqual(node.request("GET", "/health")[0], 200)
        status, _, body = node.request("GET", "/ready")
        self.assertEqual(status, 503)
        self.assertEqual(json.loads(body)["error"]["code"], "OVERLOADED")
        for command, data in (("chat-connect", {"roomId": "general"}),
                              ("chat-reconnect", {"sessionId": session_id})):
            refused = node.call(command, data)
            self.assertEqual(refused["error"]["code"], "OVERLOADED", refused)
            self.assertTrue(refused["error"]["retryable"], refused)
        late = Peer(node.port, pending)
        self.addCleanup(late.socket.close)
        while (event := late.next())[0] == "text":  # it may be welcomed, but not kept
            pass
        self.assertEqual(event[:2], ("close", GOING_AWAY))
        rude.socket.close()
        late.socket.close()
        node.expect_exit()

    def test_a_second_signal_changes_nothing(self):
        node = self.node()
        rude = self.joined(node, "rude")
        node.send_signal(signal.SIGTERM)
        self.assertEqual(rude.next()[:2], ("close", GOING_AWAY))
        node.process.send_signal(signal.SIGINT)
        node.process.send_signal(signal.SIGTERM)
        rude.send(close_frame(GOING_AWAY))
        node.expect_exit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
