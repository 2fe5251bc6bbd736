#!/usr/bin/python3
"""Webhooks with a receiver nobody here wrote (Python's http.server): signed, in order, at least once
through everything that happens to node and receiver, and never where they must not go."""

import hashlib
import hmac
import http.server
import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node  # noqa: E402

TIMEOUT_S = 30
INSIDE = "--webhook-allow-private"

# Of this machine, of private networks, and of nobody, as people write them to get around a check.
NOT_ON_THE_INTERNET = [
    "127.0.0.1", "127.1", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.0.0.1.",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "localhost", "LOCALHOST", "localhost.", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "167772161", "[::ffff:10.0.0.1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "100.64.0.1",
    "100.127.255.255", "[fc00::1]", "[fdff::1]", "[2002:7f00:1::]", "[2001:0:1::1]",
]
OF_NOBODY = [  # also where private networks are allowed
    "169.254.169.254", "0xa9fea9fe", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fe80::1]",
    "0.0.0.0", "0", "[::]", "224.0.0.1", "255.255.255.255", "240.0.0.1", "[ff02::1]", "[fec0::1]",
    "192.0.0.1", "198.18.0.1", "[2001:db8::1]", "[100::1]",
    # Metadata services that are not link-local: AWS, Google Cloud, Alibaba Cloud, Azure.
    "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "[::ffff:100.100.100.200]",
    "168.63.129.16",
]
NO_URLS = [
    "ftp://example.com/", "example.com", "http://", "http:///x", "https://user@example.com/",
    "https://user:secret@example.com/", "http://example.com:0/", "http://example.com:65536/",
    "http://example.com:x/", "http://exa mple.com/", "http://ex\u00e4mple.com/", "http://[::1/",
    "http://[fe80::1%25eth0]/", "http://example.com/#here", "http://example.com\\@127.0.0.1/",
    "http://a/\r\nX-Other: 1", "javascript:alert(1)", "file:///etc/passwd",
]
ON_THE_INTERNET = ["https://93.184.216.34/x", "http://[2606:4700::1111]:8080/", "http://8.8.8.8"]


class Receiver:
    """Takes POSTs on this machine, and remembers them in the order of their coming."""

    def __init__(self, port=0, tls=None):
        self.posts = []  # (headers, body bytes)
        self.lock = threading.Lock()
        self.status = 200
        self.headers = {}
        self.body = b"thanks"
        self.gate = threading.Event()  # clear: whoever posts waits
        self.gate.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.gate.wait(TIMEOUT_S)
                with outer.lock:
                    outer.posts.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(outer.body)
                except OSError:
                    pass  # the node has read what it wanted

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # nodes are killed in the middle

        self.server = Server(("127.0.0.1", port), Handler)
        self.scheme = "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def taken(self):
        with self.lock:
            return list(self.posts)

    def messages(self):
        """All messages by delivery, each delivery once; one that comes again comes unchanged."""
        seen = {}
        for _, headers, body in self.taken():
            delivery = headers["X-Chat-Delivery"]
            messages = json.loads(body)["messages"]
            assert seen.setdefault(delivery, messages) == messages, f"{delivery} changed"
        return [m for messages in seen.values() for m in messages]


def is_signed(headers, body, secret):
    """As the README says."""
    parts = dict(part.split("=", 1) for part in headers["X-Chat-Signature"].split(","))
    wanted = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256)
    return (hmac.compare_digest(wanted.hexdigest(), parts["v1"])
            and abs(time.time() - int(parts["t"])) < 300)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Webhook(unittest.TestCase):
    def node(self, *flags, **more):
        node = Node(*flags, **more)
        self.addCleanup(node.close)
        return node.start()

    def receiver(self, *args, **more):
        receiver = Receiver(*args, **more)
        self.addCleanup(receiver.close)
        return receiver

    def until(self, condition, what, timeout_s=TIMEOUT_S):
        deadline = time.monotonic() + timeout_s
        while not condition():
            self.assertLess(time.monotonic(), deadline, what() if callable(what) else what)
            time.sleep(0.01)

    def listed(self, node):
        return node.must("chat-webhook-list")["webhooks"][0]

    def say(self, node, text, room="general"):
        return node.must("chat-send", {"roomId": room, "text": text})["messageId"]

    def test_signed_in_order_and_complete_under_load(self):
        node = self.node(INSIDE)
        receivers = [self.receiver() for _ in range(3)]
        secrets = []
        for receiver in receivers:
            made = node.must("chat-webhook-register",
                             {"roomId": "general", "webhookUrl": receiver.url("/a?b=c")})
            secrets.append(made["secret"])
        steps = [{"command": "chat-send", "input": {"roomId": "general", "text": f"message {i}"}}
                 for i in range(100)]
        for _ in range(10):
            self.assertEqual(node.call("afd-batch", {"commands": steps})["summary"]["failureCount"],
                             0)
        history = node.history("general")
        self.assertEqual(len(history), 1000)
        for receiver, secret in zip(receivers, secrets):
            self.until(lambda r=receiver: len(r.messages()) >= len(history), "messages are missing")
            self.assertEqual(receiver.messages(), history)
            for path, headers, body in receiver.taken():
                self.assertEqual(path, "/a?b=c")
                self.assertTrue(is_signed(headers, body, secret))
                self.assertFalse(is_signed(headers, body + b" ", secret))
                self.assertFalse(is_signed(headers, body, "whsec-other"))
                data = json.loads(body)
                self.assertEqual(headers["X-Chat-Delivery"], data["deliveryId"])
                self.assertEqual(headers["Content-Type"], "application/json")
                self.assertEqual(headers["Host"], f"127.0.0.1:{receiver.port}")
                self.assertRegex(headers["User-Agent"], r"^chatd/\d")
            self.assertLess(len(receiver.taken()), len(history), "nothing was sent together")

    def test_a_receiver_that_is_down_gets_everything_when_it_is_back(self):
        node = self.node(INSIDE)
        port = free_port()
        node.must("chat-webhook-register",
                  {"roomId": "general", "webhookUrl": f"http://127.0.0.1:{port}/"})
        first = self.say(node, "into the void")
        self.until(lambda: self.listed(node)["state"] == "retrying", "nobody noticed")
        self.assertIn("Connection refused", self.listed(node)["lastError"])
        for i in range(20):
            self.say(node, f"more {i}")
        receiver = self.receiver(port)
        self.until(lambda: len(receiver.messages()) == 21, "nobody came back")
        self.assertEqual(receiver.messages(), node.history("general"))
        self.assertEqual(receiver.messages()[0]["id"], first)
        self.until(lambda: self.listed(node)["state"] == "active", "it is still retrying")
        counted = node.must("node-status")["webhooks"]
        self.assertEqual(counted["active"], 1)
        self.assertGreaterEqual(counted["failedAttempts"], 1)

    def test_a_receiver_that_hangs_costs_the_room_nothing(self):
        node = self.node(INSIDE)
        receiver = self.receiver()

        def pace():
            begin = time.monotonic()
            for i in range(300):
                self.say(node, f"message {i}")
            return time.monotonic() - begin

        pace()
        alone_s = pace()
        node.must("chat-webhook-register", {"roomId": "general", "webhookUrl": receiver.url()})
        receiver.gate.clear()
        self.say(node, "this one hangs")
        with_hook_s = pace()
        self.assertLess(with_hook_s, 2 * alone_s + 1, f"{alone_s:.2f} s alone")
        self.assertEqual(receiver.taken(), [])
        receiver.gate.set()
        self.until(lambda: len(receiver.messages()) == 301, "messages are missing")
        self.assertEqual(receiver.messages(), node.history("general")[600:])

    def test_kill_9_repeats_deliveries_and_loses_none(self):
        rng = random.Random(7)
        node = self.node(INSIDE)
        receiver = self.receiver()
        node.must("chat-webhook-register", {"roomId": "general", "webhookUrl": receiver.url()})
        for _ in range(5):
            stop = threading.Event()

            def talk():
                port, i = node.port, 0
                while not stop.is_set():
                    try:
                        with socket.create_connection(("127.0.0.1", port), 5) as s:
                            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat-send",
                                               "params": {"roomId": "general", "text": str(i)}})
                            s.sendall((f"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                       "Connection: close\r\nContent-Type: application/json\r\n"
                                       f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
                            s.recv(65536)
                            i += 1
                    except OSError:
                        return

            threads = [threading.Thread(target=talk) for _ in range(4)]
            for t in threads:
                t.start()
            time.sleep(rng.uniform(0.1, 0.4))
            node.kill()
            stop.set()
            for t in threads:
                t.join()
            node.start()
        self.say(node, "the last one")
        history = node.history("general")
        self.until(lambda: len(receiver.messages()) >= len(history), "messages are missing")
        self.assertEqual(receiver.messages(), history)
        self.assertGreater(len(history), 50, "hardly any load")

    def test_where_they_must_not_go(self):
        """Refused when they are registered, without a connection to anything."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        node = self.node()

        def code(url, at=node):
            result = at.call("chat-webhook-register", {"roomId": "general", "webhookUrl": url})
            return "OK" if result["success"] else result["error"]["code"]

        for host in NOT_ON_THE_INTERNET + OF_NOBODY:
            self.assertEqual(code(f"http://{host}:{port}/"), "VALIDATION_ERROR", host)
            self.assertEqual(code(f"https://{host}/"), "VALIDATION_ERROR", host)
        for url in NO_URLS:
            self.assertEqual(code(url), "VALIDATION_ERROR", url)
        self.assertEqual(node.must("chat-webhook-list")["total"], 0)
        for url in ON_THE_INTERNET:
            self.assertEqual(code(url), "OK", url)
        listener.settimeout(0.1)
        with self.assertRaises(TimeoutError):
            listener.accept()
        node.stop()
        inside = self.node(INSIDE)
        for host in OF_NOBODY:
            self.assertEqual(code(f"http://{host}:{port}/", inside), "VALIDATION_ERROR", host)
        for host in ("127.1", "[::1]", "localhost", "10.0.0.1", "[fd00::1]"):
            self.assertEqual(code(f"http://{host}:{port}/", inside), "OK", host)

    def test_where_they_lead_is_checked_on_every_delivery(self):
        """What could be registered once is not sent to a place that is refused now."""
        receiver = self.receiver()
        data = tempfile.mkdtemp(prefix="chatd-webhook-")
        self.addCleanup(shutil.rmtree, data)
        node = self.node(INSIDE, data=data)
        for host in ("127.0.0.1", "localhost"):  # an address; a name that is looked up each time
            node.must("chat-webhook-register",
                      {"roomId": "general", "webhookUrl": receiver.url(host=host)})
        self.say(node, "this one comes")
        self.until(lambda: len(receiver.taken()) == 2, "nothing came")
        node.stop()
        node = self.node(data=data)
        self.say(node, "this one does not")

        def errors():
            hooks = node.must("chat-webhook-list")["webhooks"]
            return [hook.get("lastError", "") for hook in hooks]

        self.until(lambda: all("not on the internet" in error for error in errors()), errors)
        self.assertEqual(len(receiver.taken()), 2)

    def test_redirects_lead_nowhere(self):
        node = self.node(INSIDE)
        inside, target = self.receiver(), self.receiver()
        target.status = 302
        target.headers = {"Location": inside.url("/secret")}
        node.must("chat-webhook-register", {"roomId": "general", "webhookUrl": target.url()})
        self.say(node, "hi")
        self.until(lambda: self.listed(node).get("failedAttempts", 0) >= 2, "it was not tried")
        self.assertEqual(self.listed(node)["lastError"], "the target answered 302")
        self.assertEqual(inside.taken(), [])

    def test_odd_answers(self):
        """Bodies without end are not read; headers without end are no answer."""
        node = self.node(INSIDE)
        receiver = self.receiver()
        receiver.body = b"x" * (64 << 20)
        node.must("chat-webhook-register", {"roomId": "general", "webhookUrl": receiver.url()})
        self.say(node, "one")
        self.until(lambda: "lastDeliveryId" in self.listed(node), "a long body is no failure")
        before = node.must("node-status")["process"]["residentBytes"]
        self.assertLess(before, 512 << 20)
        receiver.headers = {"X-Long": "x" * 30000}
        receiver.body = b""
        self.say(node, "two")
        self.until(lambda: self.listed(node)["state"] == "retrying", "a long header is a failure")
        receiver.headers = {}
        receiver.status = 410
        self.until(lambda: self.listed(node)["state"] == "ended", "410 ends it")
        self.assertEqual(self.listed(node)["endedBecause"], "the target answered 410")

    def test_https(self):
        """The certificate has to be good, and of the host that the URL names."""
        folder = tempfile.mkdtemp(prefix="chatd-webhook-")
        self.addCleanup(shutil.rmtree, folder)
        cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", "/CN=target", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
            check=True, capture_output=True)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(cert, key)
        names = []
        tls.sni_callback = lambda _, name, __: names.append(name)
        receiver = self.receiver(tls=tls)

        def state_of(node, host):
            node.must("chat-webhook-register",
                      {"roomId": "general", "webhookUrl": receiver.url(host=host)})
            self.say(node, "hi")
            self.until(lambda: {"lastError", "lastDeliveryId"} & set(self.listed(node)), "no try")
            return self.listed(node)

        stranger = self.node(INSIDE)
        self.assertIn("certificate verify failed", state_of(stranger, "localhost")["lastError"])
        stranger.stop()
        trusts = {"SSL_CERT_FILE": cert}
        other_name = self.node(INSIDE, env=trusts)
        self.assertIn("certificate verify failed", state_of(other_name, "127.0.0.1")["lastError"])
        other_name.stop()
        self.assertEqual(receiver.taken(), [])
        node = self.node(INSIDE, env=trusts)
        self.assertNotIn("lastError", state_of(node, "localhost"))
        self.assertEqual(len(receiver.taken()), 1)
        self.assertEqual(set(names), {"localhost", None})


if __name__ == "__main__":
    unittest.main(verbosity=2)
