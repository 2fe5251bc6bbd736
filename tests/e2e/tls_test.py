#!/usr/bin/python3
"""https and wss: certificates good and bad, read again on SIGHUP; curl and Python are the clients."""

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say  # noqa: E402
from lib.node import Node, StartFailed, run_chatd  # noqa: E402


class Tls(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="chatd-tls-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.cert, self.key = self.path("cert.pem"), self.path("key.pem")
        self.make(self.cert, self.key)

    def path(self, name):
        return os.path.join(self.dir, name)

    def make(self, cert, key, name="first", days=2):
        """A certificate that signs itself, and its key."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", str(days), "-subj", f"/CN={name}", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert],
            check=True, capture_output=True)

    def flags(self):
        return ("--tls-cert", self.cert, "--tls-key", self.key)

    def context(self, *certs):
        """A client that trusts these certificates alone."""
        context = ssl.create_default_context(cafile=self.cert)
        for cert in certs:
            context.load_verify_locations(cert)
        return context

    def node(self, *flags, **more):
        more.setdefault("tls", self.context())
        node = Node(*self.flags(), *flags, **more)
        self.addCleanup(node.close)
        return node

    def name_shown(self, node, context):
        """The name in the certificate that a new connection gets."""
        with socket.create_connection(("127.0.0.1", node.port), TIMEOUT_S) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as secure:
                return dict(x[0] for x in secure.getpeercert()["subject"])["commonName"]

    def curl(self, *args):
        return subprocess.run(["curl", "-sS", "--max-time", str(TIMEOUT_S), *args],
                              capture_output=True, text=True, check=False)

    def await_log(self, node, text, times=1):
        deadline = time.monotonic() + TIMEOUT_S
        while node.stderr().count(text) < times:
            self.assertLess(time.monotonic(), deadline, f"{text} is not in: {node.stderr()}")
            time.sleep(0.02)

    def test_https_and_wss(self):
        node = self.node().start()
        url = node.urls[0]
        self.assertTrue(url.startswith("https://127.0.0.1:"), url)
        done = self.curl("--cacert", self.cert, "-i", url + "/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<title>chatd</title>", done.stdout)
        self.assertIn("Content-Security-Policy: default-src 'none'; script-src 'self'", done.stdout)
        self.assertNotEqual(self.curl(url + "/health").returncode, 0)  # who trusts others
        old = self.curl("--cacert", self.cert, "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0",
                        url + "/health")
        self.assertNotEqual(old.returncode, 0)
        for version in ("1.2", "1.3"):
            done = self.curl("--cacert", self.cert, f"--tlsv{version}", "--tls-max", version,
                             url + "/health")
            self.assertEqual(json.loads(done.stdout)["status"], "ok", done.stderr)

        async def run():
            tls = self.context()
            rpc = await Rpc.open(node.port, tls)
            handoff = await rpc.must("chat-connect", {"roomId": "general"})
            self.assertTrue(handoff["endpoint"].startswith("wss://127.0.0.1:"), handoff)
            ada, bob = await join(rpc, "general", "Ada"), await join(rpc, "general", "Bob")
            for i in range(200):
                await ada.send(say(f"{i} " + "x" * 1000))
            for i in range(200):
                for ws in (ada, bob):
                    event = await next_of(ws, "message")
                    self.assertTrue(event["text"].startswith(f"{i} "), event)
            self.assertEqual(len(await rpc.history("general")), 200)
            for ws in (ada, bob):
                await ws.close()
            self.assertGreaterEqual((await rpc.must("node-status"))["dropped"]["tlsHandshakes"], 2)
            rpc.close()

        asyncio.run(run())
        node.stop()

    def test_plain_and_tls_beside_each_other(self):
        node = self.node(listen=("127.0.0.1:0", "http://127.0.0.1:0", "https://127.0.0.1:0"))
        node.start()
        self.assertEqual([u.split(":")[0] for u in node.urls], ["https", "http", "https"])
        for url in node.urls:
            done = self.curl("--cacert", self.cert, url + "/health")
            self.assertEqual(json.loads(done.stdout)["status"], "ok", done.stderr)
            done = self.curl("--cacert", self.cert, url + "/rpc", "-H",
                             "Content-Type: application/json", "-d", json.dumps(
                                 {"id": 1, "method": "chat-connect",
                                  "params": {"roomId": "general"}}))
            scheme = "wss" if url.startswith("https") else "ws"
            endpoint = json.loads(done.stdout)["result"]["data"]["endpoint"]
            self.assertTrue(endpoint.startswith(scheme + "://"), endpoint)
        done = self.curl("-i", node.urls[0].replace("https", "http") + "/health")
        self.assertIn("HTTP/1.1 400", done.stdout)
        self.assertIn("This is an https port", done.stdout)

    def test_reload(self):
        node = self.node().start()
        other, other_key = self.path("other.pem"), self.path("other-key.pem")
        self.make(other, other_key, "second")
        both = self.context(other)
        self.assertEqual(self.name_shown(node, both), "first")

        async def run():
            rpc = await Rpc.open(node.port, both)
            ada = await join(rpc, "general", "Ada")

            async def goes_on(text):
                await ada.send(say(text))
                await next_of(ada, "message", text=text)
                await rpc.must("chat-rooms")

            # One file of two: a moment in which they do not belong together.
            shutil.copy(other, self.cert)
            node.send_signal(signal.SIGHUP)
            self.await_log(node, "the certificate is as before")
            self.assertEqual(self.name_shown(node, both), "first")
            await goes_on("one")
            shutil.copy(other_key, self.key)
            node.send_signal(signal.SIGHUP)
            self.await_log(node, "certificate of CN = second")
            self.assertEqual(self.name_shown(node, both), "second")
            await goes_on("two")
            os.remove(self.key)
            node.send_signal(signal.SIGHUP)
            self.await_log(node, "the certificate is as before", 2)
            self.assertEqual(self.name_shown(node, both), "second")
            await goes_on("three")
            await ada.close()
            rpc.close()

        asyncio.run(run())
        node.stop()

    def test_sighup_without_a_certificate(self):
        node = Node()
        self.addCleanup(node.close)
        node.start().send_signal(signal.SIGHUP)
        self.await_log(node, "no setting has changed")
        self.assertEqual(node.status_of("/health"), 200)
        node.stop()

    def test_goodbye_and_kill(self):
        """A node that stops says so over TLS; one that is killed comes back with all it had."""
        node = self.node().start()
        node.listen = (f"127.0.0.1:{node.port}",)
        tls = self.context()

        async def talk(kill):
            rpc = await Rpc.open(node.port, tls)
            ada = await join(rpc, "general", "Ada")
            await ada.send(say("kept"))
            await next_of(ada, "message", text="kept")
            (node.kill if kill else node.send_signal)()
            with self.assertRaises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(ada.recv(), TIMEOUT_S)
            rpc.close()
            return ada.close_code

        self.assertEqual(asyncio.run(talk(True)), 1006)
        node.start()
        self.assertEqual([m["text"] for m in node.history("general")], ["kept"])
        self.assertEqual(asyncio.run(talk(False)), 1001)
        node.expect_exit()

    def test_refused_files(self):
        other, other_key = self.path("other.pem"), self.path("other-key.pem")
        self.make(other, other_key)
        with open(self.path("nonsense"), "w", encoding="utf-8") as out:
            out.write("nonsense")
        locked = self.path("locked.pem")
        subprocess.run(["openssl", "pkey", "-in", self.key, "-aes128", "-passout", "pass:x", "-out",
                        locked], check=True, capture_output=True)
        for cert, key, named in (
                (self.path("none"), self.key, "none"), (self.cert, self.path("none"), "none"),
                (self.path("nonsense"), self.key, "nonsense"),
                (self.cert, self.path("nonsense"), "nonsense"),
                (self.cert, other_key, "is not the key of the certificate"),
                (self.cert, locked, "passphrase"), (self.dir, self.key, self.dir)):
            with self.subTest((cert, key)):
                flags = ("--tls-cert", cert, "--tls-key", key)
                checked = run_chatd("--check-config", *flags)
                node = Node(*flags)
                self.addCleanup(node.close)
                with self.assertRaises(StartFailed) as failed:
                    node.start()
                for code, out, err in ((checked.returncode, checked.stdout, checked.stderr),
                                       (failed.exception.code, failed.exception.out,
                                        failed.exception.err)):
                    self.assertEqual((code, out), (2, ""))
                    self.assertEqual(len(err.splitlines()), 1, err)
                    self.assertIn(named, err)

    def test_warnings(self):
        os.chmod(self.key, 0o604)
        done = run_chatd("--check-config", *self.flags())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("open to everybody", done.stdout)
        node = self.node().start()
        self.assertIn("open to everybody", node.stderr())
        node.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
