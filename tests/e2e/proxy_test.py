#!/usr/bin/python3
"""A node behind proxies: nginx as Debian ships it, and a proxy of a few lines that says what it is
told to say of its clients."""

import asyncio
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from urllib.parse import urljoin, urlsplit

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node, clean_environment, run_chatd  # noqa: E402

TIMEOUT_S = 60
AFD = os.environ.get("AFD_BIN", "build/release/bin/afd")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
LOCAL = ("--trusted-proxy", "127.0.0.1")
FORWARDED = """
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Prefix /chat;"""
UPGRADE = """
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """One server with one location; what is not said is as nginx has it."""

    def __init__(self, location, target, *settings, port=None):
        self.port = port or free_port()
        self.directory = tempfile.mkdtemp(prefix="chatd-nginx-")
        self.config = os.path.join(self.directory, "nginx.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""
daemon off; master_process off; pid {self.directory}/pid; error_log {self.directory}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {self.directory}/body; proxy_temp_path {self.directory}/proxy;
  fastcgi_temp_path {self.directory}/f; uwsgi_temp_path {self.directory}/u;
  scgi_temp_path {self.directory}/s;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen 127.0.0.1:{self.port};
    location {location} {{
      proxy_pass {target};
      {"".join(settings)}
    }}
  }}
}}
""")
        self.process = subprocess.Popen([NGINX, "-c", self.config, "-p", self.directory],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:  # ends with the test's own timeout
            assert self.process.poll() is None, self.errors()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return

    def errors(self):
        with open(os.path.join(self.directory, "error.log"), encoding="utf-8") as file:
            return file.read()

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class TinyProxy:
    """Passes connections on, with some lines more behind the request line of the first request."""

    def __init__(self, target):
        self.target, self.lines, self.open = target, b"", []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def speak_for(self, client, **more):
        headers = {"X-Forwarded-For": client, **{k.replace("_", "-"): v for k, v in more.items()}}
        self.lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode()

    def _accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            node = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, node]
            threading.Thread(target=self._pass, args=(client, node, self.lines),
                             daemon=True).start()
            threading.Thread(target=self._pass, args=(node, client, b""), daemon=True).start()

    @staticmethod
    def _pass(source, sink, lines):
        # Behind what the client sent of the kind: so do proxies that add to a list.
        head = b""
        try:
            while chunk := source.recv(65536):
                if lines:
                    head += chunk
                    end = head.find(b"\r\n\r\n") + 2
                    if end < 2:
                        continue
                    chunk, lines = head[:end] + lines + head[end:], b""
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        for one in [self.server, *self.open]:
            one.close()


def ask(port, method, path, body=None, headers=None):
    """(status, headers, body) on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        if body is not None:
            body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def call(port, path, command, data=None, headers=None):
    """The CommandResult of a command."""
    status, _, body = ask(port, "POST", path, {"id": 1, "method": command, "params": data or {}},
                          headers)
    assert status in (200, 429), (status, body)
    return json.loads(body)["result"]


def first_event(port, method, path, body=None, headers=None):
    """(status, the first lines of an event stream up to an empty one)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        if body is not None:
            body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        lines = []
        while line := answer.readline().decode().rstrip():
            lines.append(line)
        return answer.status, lines
    finally:
        connection.close()


class Proxies(unittest.TestCase):
    def node(self, *flags, **more):
        node = Node(*flags, **more).start()
        self.addCleanup(node.close)
        return node

    def nginx(self, *config, port=None):
        proxy = Nginx(*config, port=port)
        self.addCleanup(proxy.close)
        return proxy

    def tiny(self, node):
        proxy = TinyProxy(node.port)
        self.addCleanup(proxy.close)
        return proxy

    # --- event streams ---

    def test_event_streams_come_through_nginx_as_it_is(self):
        node = self.node()
        proxy = self.nginx("/", f"http://127.0.0.1:{node.port}")
        status, lines = first_event(proxy.port, "GET", "/sse")
        self.assertEqual(status, 200)
        self.assertEqual(lines[0], "event: endpoint")
        call(proxy.port, "/rpc", "chat-send", {"roomId": "general", "text": "here"})
        status, lines = first_event(proxy.port, "POST", "/stream/chat-stream",
                                    {"roomId": "general"})
        self.assertIn('"text":"here"', lines[0])
        handoff = call(proxy.port, "/rpc", "chat-connect",
                       {"roomId": "general", "transport": "sse"})["data"]
        status, lines = first_event(proxy.port, "GET", urlsplit(handoff["endpoint"]).path, headers={
            "Authorization": "Bearer " + handoff["credentials"]["token"]})
        self.assertIn('"type":"welcome"', "".join(lines))

    # --- paths ---

    def check_all_under(self, port, base):
        """Whatever a client needs is at this URL."""
        path = urlsplit(base).path
        status, headers, page = ask(port, "GET", path + "/")
        self.assertEqual((status, headers.get_content_type()), (200, "text/html"))
        references = re.findall(r'(?:src|href)="([^"#]+)"', page.decode())
        of_node = [r for r in references if not r.startswith(("data:", "https:"))]
        self.assertGreater(len(of_node), 2, references)
        for reference in of_node:
            url = urljoin(path + "/", reference)
            self.assertTrue(url.startswith(path + "/"), url)
            self.assertEqual(ask(port, "GET", url)[0], 200, url)
        status, headers, _ = ask(port, "GET", path + "/status/")
        self.assertEqual(status, 308)
        self.assertEqual(urljoin(path + "/status/", headers["Location"]), path + "/status")
        self.assertEqual(ask(port, "GET", path + "/status")[0], 200)

        for door in ("/rpc", "/rpc/", "/"):
            handoff = call(port, path + door, "chat-connect", {"roomId": "general"})["data"]
            websocket = base.replace("http", "ws", 1)
            self.assertEqual(handoff["endpoint"], websocket + "/rooms/general")
        asyncio.run(self.check_socket(port, path, handoff))
        batch = {"commands": [{"command": "chat-connect", "input": {"roomId": "help"}}]}
        result = json.loads(ask(port, "POST", path + "/batch", batch)[2])["results"][0]["result"]
        self.assertEqual(result["data"]["endpoint"], websocket + "/rooms/help")
        tool = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "chat-connect", "arguments": {"roomId": "help", "transport": "sse"}}}
        result = json.loads(ask(port, "POST", path + "/message", tool)[2])["result"]
        self.assertEqual(result["structuredContent"]["data"]["endpoint"],
                         base + "/rooms/help/events")

        _, lines = first_event(port, "GET", path + "/sse")
        endpoint = lines[1].removeprefix("data: ")
        self.assertTrue(endpoint.startswith(path + "/message?sessionId="), endpoint)
        openapi = json.loads(ask(port, "GET", path + "/openapi.json")[2])
        self.assertEqual(openapi["servers"], [{"url": base}])
        self.assertIn(base + "/rpc", ask(port, "GET", path + "/llms.txt")[2].decode())
        called = subprocess.run([AFD, "call", "chat-rooms", "--url", base], capture_output=True,
                                text=True, timeout=TIMEOUT_S, env=clean_environment())
        self.assertEqual(called.returncode, 0, called.stderr)

    async def check_socket(self, port, path, handoff):
        token = handoff["credentials"]["token"]
        url = f"ws://127.0.0.1:{port}{path}/rooms/general?token={token}"
        async with websockets.connect(url, compression=None, open_timeout=TIMEOUT_S) as ws:
            welcome = json.loads(await asyncio.wait_for(ws.recv(), TIMEOUT_S))
            self.assertEqual(welcome["type"], "welcome")

    def test_a_proxy_that_takes_its_path_away_and_says_so(self):
        node = self.node(*LOCAL)
        proxy = self.nginx("/chat/", f"http://127.0.0.1:{node.port}/", UPGRADE, FORWARDED)
        self.check_all_under(proxy.port, f"http://127.0.0.1:{proxy.port}/chat")

    def test_a_proxy_that_leaves_its_path_and_says_nothing(self):
        port = free_port()
        node = self.node("--public-url", "https://other.example",
                         "--public-url", f"http://127.0.0.1:{port}/chat")
        proxy = self.nginx("/chat", f"http://127.0.0.1:{node.port}", UPGRADE,
                           "proxy_set_header Host $http_host;", port=port)
        self.check_all_under(port, f"http://127.0.0.1:{port}/chat")
        # The page's own address has a slash at its end: what it names is relative to that.
        status, headers, _ = ask(proxy.port, "GET", "/chat")
        self.assertEqual((status, headers["Location"]), (308, "chat/"))

    def test_a_proxy_that_takes_its_path_away_and_says_nothing(self):
        node = self.node("--public-url", "https://example.org/chat")
        proxy = self.nginx("/chat/", f"http://127.0.0.1:{node.port}/", UPGRADE)
        handoff = call(proxy.port, "/chat/rpc", "chat-connect", {"roomId": "general"})["data"]
        self.assertEqual(handoff["endpoint"], "wss://example.org/chat/rooms/general")
        _, lines = first_event(proxy.port, "GET", "/chat/sse")
        self.assertTrue(lines[1].startswith("data: /chat/message?"), lines)

    def test_only_known_names_of_the_node_count(self):
        node = self.node(*LOCAL, "--public-url", "https://example.org/chat")
        proxy = self.tiny(node)
        proxy.speak_for("203.0.113.9", X_Forwarded_Host="evil.example")
        self.assertEqual(ask(proxy.port, "GET", "/health")[0], 403)
        proxy.speak_for("203.0.113.9", X_Forwarded_Host="example.org", X_Forwarded_Proto="https")
        status, headers, _ = ask(proxy.port, "GET", "/health",
                                 headers={"Origin": "https://example.org"})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]),
                         (200, "https://example.org"))

    # --- who calls ---

    def audited(self, file, event):
        with open(file, encoding="utf-8") as log:
            return [line for line in map(json.loads, log) if line["event"] == event]

    def connect_as(self, proxy, client, headers=None):
        """A handoff that this client asks for."""
        proxy.speak_for(client)
        return call(proxy.port, "/rpc", "chat-connect", {"roomId": "general"}, headers)["data"]

    async def close_code(self, proxy, token):
        """How the node ends a connection with this token; None where it welcomes."""
        url = f"ws://127.0.0.1:{proxy.port}/rooms/general?token={token}"
        async with websockets.connect(url, compression=None, open_timeout=TIMEOUT_S) as ws:
            try:
                await asyncio.wait_for(ws.recv(), TIMEOUT_S)
                return None
            except websockets.ConnectionClosed as closed:
                return closed.code

    def test_log_audit_and_bound_tokens_see_the_client(self):
        for trusted in (True, False):
            with self.subTest(trusted=trusted), tempfile.TemporaryDirectory() as directory:
                audit = os.path.join(directory, "audit.log")
                node = self.node("--bind-ip", "--audit-log", audit, *(LOCAL if trusted else ()))
                proxy = self.tiny(node)
                seen = "203.0.113.9" if trusted else "127.0.0.1"
                # What a client says of itself means nothing, whoever is in front.
                mine = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.8"}
                token = self.connect_as(proxy, "203.0.113.9", mine)["credentials"]["token"]
                proxy.speak_for("203.0.113.10")
                stolen = asyncio.run(self.close_code(proxy, token))
                self.assertEqual(stolen is not None, trusted)
                token = self.connect_as(proxy, "203.0.113.9")["credentials"]["token"]
                self.assertIsNone(asyncio.run(self.close_code(proxy, token)))
                self.assertEqual(ask(proxy.port, "GET", "/health",
                                     headers={"Host": "evil.example"})[0], 403)
                self.assertEqual({line["address"] for line in self.audited(audit, "connect")},
                                 {seen})
                refused = [line["address"] for line in self.audited(audit, "refused")]
                self.assertIn(seen, refused)
                self.assertRegex(node.stderr(), f"refused {re.escape(seen)}: This node is not")
                node.stop()

    def test_an_address_is_limited_for_strangers_and_a_user_for_himself(self):
        with tempfile.TemporaryDirectory() as directory:
            keys = [run_chatd("key", "add", "--data", directory, "--user", f"user{i}", "--scope",
                              "write").stdout.strip() for i in range(40)]
            node = self.node(*LOCAL, "--auth", "keys", data=directory,
                             env={"CHATD_RATE_LIMITS": "on"})
            proxy = self.tiny(node)
            proxy.speak_for("203.0.113.9")
            outcomes = []
            for key in keys:
                shown = {"Authorization": f"Bearer {key}"}
                for command in ("chat-connect", "chat-rooms", "chat-poll", "chat-send"):
                    data = {"roomId": "general"} if command != "chat-rooms" else {}
                    if command == "chat-send":
                        data["text"] = "Hi"
                    outcomes.append(call(proxy.port, "/rpc", command, data, shown)["success"])
            self.assertEqual((len(outcomes), all(outcomes)), (160, True))

            def stranger():
                return ask(proxy.port, "POST", "/rpc", {"method": "chat-rooms"})[0]

            for _ in range(200):
                if (status := stranger()) == 429:
                    break
            self.assertEqual(status, 429)
            proxy.speak_for("203.0.113.10")
            self.assertEqual(stranger(), 401)

    def test_connections_count_for_the_client(self):
        with tempfile.TemporaryDirectory() as directory:
            key = run_chatd("key", "add", "--data", directory, "--user", "ada").stdout.strip()
            node = self.node(*LOCAL, "--auth", "keys", "--connections-per-address", "2",
                             data=directory)
            proxy = self.tiny(node)
            kept = []

            def status(client, path="/health", headers=None):
                proxy.speak_for(client)
                connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=TIMEOUT_S)
                self.addCleanup(connection.close)
                connection.request("GET", path, headers=headers or {})
                answer = connection.getresponse()
                answer.read()
                kept.append(connection)
                return answer.status

            shown = {"Authorization": f"Bearer {key}"}
            # Ada's own are hers: they take nothing from the strangers beside her.
            self.assertEqual([status("203.0.113.9", "/metrics", shown) for _ in range(2)], [200] * 2)
            self.assertEqual([status("203.0.113.9") for _ in range(4)], [200, 200, 429, 429])
            self.assertEqual(status("203.0.113.10"), 200)

    # --- keep-alive ---

    def test_how_long_an_idle_connection_stays_is_a_setting(self):
        node = self.node("--keep-alive-timeout", "1")
        with socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S) as idle:
            self.assertEqual(idle.recv(1), b"")
        shown = run_chatd("config", "show").stdout
        self.assertGreater(int(re.search(r"^keep-alive-timeout = (\d+)$", shown, re.M)[1]), 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
