#!/usr/bin/python3
"""Ten thousand agents that wait in one room, each on a connection of its own: no thread more, little
memory, and one message wakes them all."""

import json
import os
import resource
import selectors
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node, cannot, is_sanitized  # noqa: E402

WAITERS = 1_000 if is_sanitized() else 10_000
RSS_MAX_KB = 100 * 1024
ANSWERED_S = 20
AT_ONCE = 500  # connections begun before the node has taken the ones before


def status_of(node):
    """(threads, resident KB) of the process."""
    with open(f"/proc/{node.process.pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["Threads"]), int(fields["VmRSS"].split()[0])


def poll_request(port, **more):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat-poll",
                       "params": {"roomId": "general", "waitMs": 30_000, **more}}).encode()
    return (b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (port, len(body))) + body


class Waiting(unittest.TestCase):
    def test_ten_thousand_wait_for_one_message(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < WAITERS + 200:
            cannot("this machine allows too few descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with Node() as node:
            first = node.must("chat-send", {"roomId": "general", "text": "first"})["messageId"]
            threads, rss_kb = status_of(node)
            sockets = self.park(node, first)
            threads_now, rss_now_kb = status_of(node)
            print(f"{len(sockets)} parked polls: {threads_now - threads} threads and "
                  f"{(rss_now_kb - rss_kb) / 1024:.0f} MB more")
            self.assertEqual(threads_now, threads)
            if not is_sanitized():
                self.assertLess(rss_now_kb - rss_kb, RSS_MAX_KB)
            self.assertEqual(self.answers(sockets, 0.1), [])
            node.must("chat-send", {"roomId": "general", "text": "wake up"})
            answers = self.answers(sockets, ANSWERED_S)
            self.assertEqual(len(answers), len(sockets))
            for answer in answers:
                head, _, body = answer.partition(b"\r\n\r\n")
                self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
                texts = [m["text"] for m in json.loads(body)["result"]["data"]["messages"]]
                self.assertEqual(texts, ["wake up"])

    def park(self, node, since):
        """As many connections, each with a poll that waits for what comes after `since`."""
        request = poll_request(node.port, since=since)
        sockets = []
        for i in range(WAITERS):
            one = socket.create_connection(("127.0.0.1", node.port))
            self.addCleanup(one.close)
            one.sendall(request)
            one.setblocking(False)
            sockets.append(one)
            if i % AT_ONCE == 0:
                node.must("node-status")  # has had its turn behind those
        # A command of each loop is answered behind the polls that came before it.
        deadline = time.monotonic() + ANSWERED_S
        while node.must("node-status")["connections"]["open"] < WAITERS:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        return sockets

    def answers(self, sockets, timeout_s):
        """What the sockets answer, whole, until all have or the time is up."""
        selector = selectors.DefaultSelector()
        self.addCleanup(selector.close)
        got = {}
        for one in sockets:
            selector.register(one, selectors.EVENT_READ)
        done = []
        deadline = time.monotonic() + timeout_s
        while len(done) < len(sockets) and time.monotonic() < deadline:
            for key, _ in selector.select(max(0, deadline - time.monotonic())):
                one = key.fileobj
                data = got[one] = got.get(one, b"") + one.recv(1 << 16)
                head, end, body = data.partition(b"\r\n\r\n")
                length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                          if line.startswith(b"content-length:")]
                if end and len(body) >= length[0]:
                    selector.unregister(one)
                    done.append(data)
        return done


if __name__ == "__main__":
    unittest.main()
