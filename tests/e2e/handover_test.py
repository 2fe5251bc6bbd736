#!/usr/bin/python3
"""One node stops, the next one takes over its addresses and its data: goodbyes are spread, and a
client that comes back finds its session, and every message, on the new one."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say  # noqa: E402
from lib.node import CHATD, START_TIMEOUT_S, Node, StartFailed  # noqa: E402

GOING_AWAY = 1001
MEMBERS = 120
SLOWLY = ("--drain-rate", "500")


async def crowd(rpc, room, count):
    """Members of a room, the oldest first; the node says goodbye to the newest first."""
    await rpc.must("chat-room-create", {"roomId": room, "maxParticipants": 10 * count})
    return [await join(rpc, room, f"member {i}") for i in range(count)]


async def closed(ws):
    """Reads to the end; the close code, and the ids of the messages on the way."""
    ids = []
    try:
        while True:
            event = json.loads(await asyncio.wait_for(ws.recv(), TIMEOUT_S))
            if event["type"] == "message":
                ids.append(event["id"])
    except websockets.ConnectionClosed:
        return ws.close_code, ids


async def come_back(port, session_id, last_id):
    """As a client does: calls until a node answers, then opens the socket."""
    while True:
        try:
            rpc = await Rpc.open(port)
            handoff = await rpc.call("chat-reconnect",
                                     {"sessionId": session_id, "lastMessageId": last_id})
        except (ConnectionError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.01)
            continue
        if handoff["success"]:
            data = handoff["data"]
            return rpc, await websockets.connect(
                f"{data['endpoint']}?token={data['credentials']['token']}", compression=None)
        assert handoff["error"]["retryable"], handoff
        rpc.close()
        await asyncio.sleep(0.01)


class Handover(unittest.TestCase):
    def node(self, *flags, **more):
        node = Node(*flags, **more)
        self.addCleanup(node.close)
        return node

    def test_goodbyes_are_spread(self):
        node = self.node(*SLOWLY).start()

        async def run():
            rpc = await Rpc.open(node.port)
            members = await crowd(rpc, "crowd", MEMBERS)
            node.send_signal()
            self.assertEqual((await closed(members[-1]))[0], GOING_AWAY)
            # The first has not been told yet: it talks on.
            await members[0].send(say("still here"))
            await next_of(members[0], "message", text="still here")
            codes = [(await closed(m))[0] for m in members]
            self.assertEqual(codes, [GOING_AWAY] * MEMBERS)

        asyncio.run(run())
        node.expect_exit()

    def test_the_next_node_takes_over(self):
        old = self.node(*SLOWLY).start()
        address = f"127.0.0.1:{old.port}"
        new = self.node(data=old.data, listen=(address,))

        async def run():
            rpc = await Rpc.open(old.port)
            members = await crowd(rpc, "crowd", MEMBERS)
            handoff = await rpc.must("chat-connect", {"roomId": "crowd", "nickname": "Ada"})
            ada = await websockets.connect(
                f"{handoff['endpoint']}?token={handoff['credentials']['token']}", compression=None)
            await members[0].send(say("one"))
            one = (await next_of(ada, "message", text="one"))["id"]
            old.send_signal()
            new.spawn()
            code, seen = await closed(ada)
            self.assertEqual((code, seen), (GOING_AWAY, []))
            await members[0].send(say("two"))  # the old one is still there for others
            two = (await next_of(members[0], "message", text="two"))["id"]
            _, back = await come_back(int(address.split(":")[1]),
                                      handoff["credentials"]["sessionId"], one)
            self.assertEqual((await next_of(back, "message"))["id"], two)
            await next_of(back, "caught_up", lastMessageId=two)
            await back.send(say("three"))
            await next_of(back, "message", text="three")
            for ws in (back, *members):
                await ws.close()

        asyncio.run(run())
        old.expect_exit()
        self.assertTrue(new.await_listening(START_TIMEOUT_S))
        self.assertFalse(os.path.exists(os.path.join(old.data, "chatd.draining")))
        self.assertEqual([m["text"] for m in new.history("crowd")], ["one", "two", "three"])
        new.stop()

    def test_there_is_always_one_that_listens(self):
        """Whoever connects at any moment gets an answer: of the old node, that it stops, or of the
        new one."""
        old = self.node(*SLOWLY).start()
        port = old.port
        new = self.node(data=old.data, listen=(f"127.0.0.1:{port}",))
        # 1.8 s of goodbyes: also a slow machine has started the next one by then. And most of them
        # are still in the kernel's queue when the old one stops.
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(900)]
        self.addCleanup(lambda: [s.close() for s in idle])
        probes, over = [], threading.Event()

        def probe():
            while not over.is_set():
                try:
                    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as s:
                        s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
                                  b"Connection: close\r\n\r\n")
                        probes.append(s.recv(1000).split(b"\r\n")[0])
                except OSError as e:
                    probes.append(e)

        prober = threading.Thread(target=probe)
        prober.start()
        try:
            old.send_signal()
            new.spawn()
            self.assertTrue(new.await_listening(START_TIMEOUT_S), new.stderr())
            old.expect_exit()
            answered = len(probes)
            give_up = time.monotonic() + TIMEOUT_S
            while len(probes) < answered + 10 and time.monotonic() < give_up:
                time.sleep(0.01)
            self.assertGreaterEqual(len(probes), answered + 10, "the new one answers")
        finally:
            over.set()
            prober.join()
        # One may have been idle, its request on the way, when the old node said goodbye to it.
        self.assertLessEqual(probes.count(b""), 1)
        self.assertEqual(set(probes) - {b""}, {b"HTTP/1.1 200 OK"})
        new.stop()

    def test_the_next_node_may_be_started_first(self):
        """`kill $old; chatd`: the old one learns that it stops after the new one has begun."""
        old = self.node().start()
        new = self.node(data=old.data, listen=(f"127.0.0.1:{old.port}",))
        old.send_signal(signal.SIGSTOP)
        old.send_signal()
        new.spawn()
        with self.assertRaises(subprocess.TimeoutExpired, msg="it gave up at once"):
            new.process.wait(0.3)
        old.send_signal(signal.SIGCONT)
        self.assertTrue(new.await_listening(START_TIMEOUT_S), new.stderr())
        old.expect_exit()
        new.stop()

    def test_sockets_of_systemd_wait_for_the_node(self):
        """As `ops/chatd.socket` passes them: nobody is refused while there is no node."""
        data = self.node().data
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            door.listen()
            port = door.getsockname()[1]
            for _ in range(2):
                early = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
                early.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                node = self.with_sockets(door, "--listen", f"127.0.0.1:{port}", "--data", data)
                self.assertEqual(early.recv(1000).split(b"\r\n")[0], b"HTTP/1.1 200 OK")
                early.close()
                node.terminate()
                self.assertEqual(node.wait(TIMEOUT_S), 0)
            other = self.with_sockets(door, "--listen", "127.0.0.1:0", "--data", data)
            self.assertEqual(other.wait(TIMEOUT_S), 2)
            self.assertIn(b"no --listen names", other.stderr.read())

    def with_sockets(self, door, *flags):
        passed = fcntl.fcntl(door, fcntl.F_DUPFD, 50)
        self.addCleanup(os.close, passed)
        node = subprocess.Popen(
            ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"', CHATD, *flags],
            preexec_fn=lambda: os.dup2(passed, 3), close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.addCleanup(node.stderr.close)
        self.addCleanup(node.wait)
        self.addCleanup(node.kill)
        return node

    def test_a_second_node_is_refused_while_nobody_stops(self):
        node = self.node().start()
        with self.assertRaises(StartFailed) as failed:
            self.node(data=node.data).start()
        self.assertIn("in use by another chatd", failed.exception.err)

    def test_a_node_that_waits_for_the_store_hears_that_it_is_to_stop(self):
        old = self.node().start()
        sign = os.path.join(old.data, "chatd.draining")  # as of one that says many goodbyes
        with open(sign, "w"):
            new = self.node(data=old.data)
            new.spawn()
        deadline = time.monotonic() + START_TIMEOUT_S
        while "waiting for the node" not in new.stderr():
            self.assertLess(time.monotonic(), deadline, new.stderr())
            time.sleep(0.01)
        new.stop()
        self.assertIn("stopped before", new.stderr())
        os.remove(sign)
        old.must("chat-rooms")

    def test_systemd_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind("\0chatd-test-" + os.urandom(8).hex())
            systemd.settimeout(TIMEOUT_S)
            node = self.node(env={"NOTIFY_SOCKET": "@" + systemd.getsockname()[1:].decode()})
            node.start()
            self.assertEqual(systemd.recv(1000), b"READY=1")
            for _ in range(2):  # it lives, and says so again and again
                self.assertEqual(systemd.recv(1000), b"WATCHDOG=1")
            node.process.send_signal(signal.SIGHUP)
            said = []
            while not said or said[-1] != b"READY=1":
                said.append(systemd.recv(1000))
            reloading = [text for text in said if text != b"WATCHDOG=1"]
            self.assertRegex(reloading[0], rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(reloading[1:], [b"READY=1"])
            node.send_signal()
            while (text := systemd.recv(1000)) == b"WATCHDOG=1":
                pass
            self.assertEqual(text, b"STOPPING=1")
            node.expect_exit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
