#!/usr/bin/python3
"""Who may come in: API keys and tokens of others, at every door, and what becomes of those who may
not any more."""

import asyncio
import http.client
import json
import os
import stat
import subprocess
import sys
import threading
import time
import unittest

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.jwt import jwt as signed  # noqa: E402
from lib.node import NOBODY, Node, StartFailed, become_nobody, cannot, run_chatd  # noqa: E402

TIMEOUT_S = 60
SECRET = b"0123456789abcdef0123456789abcdef"
ENDED = 4006
EVERYWHERE = ("0.0.0.0:0",)


def jwt(secret=SECRET, **more):
    return signed(secret, **more)


class Client:
    """Calls doors with one credential, a connection a call."""

    def __init__(self, node, credential=None, scheme="Bearer"):
        self.node, self.headers = node, {}
        if credential is not None:
            self.headers["Authorization"] = f"{scheme} {credential}"

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=TIMEOUT_S)
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = b"" if answer.getheader("Content-Type", "").startswith("text/event") else answer.read()
        connection.close()
        return answer, text

    def call(self, command, **data):
        answer, text = self.ask("POST", "/rpc", {"id": 1, "method": command, "params": data})
        assert answer.status == 200, (answer.status, text)
        return json.loads(text)["result"]

    def must(self, command, **data):
        result = self.call(command, **data)
        assert result["success"], result
        return result["data"]

    def code(self, command, **data):
        result = self.call(command, **data)
        return "OK" if result["success"] else result["error"]["code"]


async def join(client, room="general", **data):
    handoff = client.must("chat-connect", roomId=room, **data)
    ws = await websockets.connect(
        f"{handoff['endpoint']}?token={handoff['credentials']['token']}", compression=None)
    return ws, json.loads(await asyncio.wait_for(ws.recv(), TIMEOUT_S))


async def close_code(ws):
    try:
        while True:
            await asyncio.wait_for(ws.recv(), TIMEOUT_S)
    except websockets.ConnectionClosed:
        return ws.close_code


class Auth(unittest.TestCase):
    def node(self, *flags, **more):
        node = Node(*flags, **more)
        self.addCleanup(node.close)
        return node

    def key(self, node, *args):
        done = run_chatd("key", *args, "--data", node.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def add(self, node, user, *more):
        return self.key(node, "add", "--user", user, *more).strip()

    def becomes(self, condition):
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, "waited too long")
            time.sleep(0.05)

    def test_every_door_asks_who_comes(self):
        node = self.node("--auth", "keys").start()
        rpc = {"id": 1, "method": "chat-rooms"}
        mcp = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        doors = [("POST", "/rpc", rpc), ("POST", "/", rpc), ("POST", "/message", mcp), ("GET", "/sse", None),
                 ("POST", "/batch", {"commands": [{"command": "chat-rooms"}]}),
                 ("GET", "/stream/chat-rooms", None), ("POST", "/stream/chat-rooms", {}),
                 ("GET", "/metrics", None), ("GET", "/llms.txt", None), ("GET", "/openapi.json", None)]
        sessions = [("POST", "/mcp", mcp), ("GET", "/mcp", None), ("DELETE", "/mcp", None)]
        for method, path, body in doors + sessions:
            for client, error in ((Client(node), ""), (Client(node, "x"), "invalid_token"),
                                  (Client(node, "x", "Basic"), "invalid_token")):
                answer, text = client.ask(method, path, body)
                self.assertEqual(answer.status, 401, path)
                self.assertIn('Bearer realm="chatd"', answer.getheader("WWW-Authenticate"))
                self.assertIn(error, answer.getheader("WWW-Authenticate"))
                why = json.loads(text)["error"]
                self.assertEqual(why["code"], "UNAUTHORIZED")
                self.assertIn("Bearer", why["suggestion"])
        known = Client(node, self.add(node, "ada"))
        self.becomes(lambda: known.ask("POST", "/rpc", rpc)[0].status == 200)
        for method, path, body in doors:
            self.assertEqual(known.ask(method, path, body)[0].status, 200, path)
        for method, path, body in sessions:  # known, but without what this door wants
            self.assertEqual(known.ask(method, path, body)[0].status // 100, 4, path)
            self.assertNotEqual(known.ask(method, path, body)[0].status, 401, path)
        # No door of the description was forgotten above.
        described = json.loads(known.ask("GET", "/openapi.json")[1])["paths"]
        asked = {path.replace("chat-rooms", "{command}") for _, path, _ in doors + sessions}
        self.assertEqual({path for path in described if not path.startswith("/rooms/")} - asked,
                         {"/health", "/ready"})
        for path in ("/", "/health", "/ready"):
            self.assertEqual(Client(node).ask("GET", path)[0].status, 200, path)

    def test_a_key_gives_name_and_scope(self):
        node = self.node("--auth", "keys")
        ada = self.add(node, "ada", "--name", "Ada L.")
        reader = self.add(node, "rita", "--scope", "read")
        root = self.add(node, "root", "--scope", "admin")
        node.start()
        self.assertEqual(stat.S_IMODE(os.stat(f"{node.data}/api-keys.json").st_mode), 0o600)
        with open(f"{node.data}/api-keys.json", encoding="utf-8") as file:
            self.assertNotIn(ada.split("_")[2], file.read())
        Client(node, ada).must("chat-send", roomId="general", text="hello")
        page = Client(node, reader).must("chat-poll", roomId="general")
        self.assertEqual(page["messages"][0]["sender"], "Ada L.")
        self.assertEqual(Client(node, reader).code("chat-send", roomId="general", text="x"),
                         "FORBIDDEN")
        self.assertEqual(Client(node, ada).code("node-status"), "FORBIDDEN")
        self.assertEqual(Client(node, root).code("node-status"), "OK")
        listed = self.key(node, "list")
        self.assertEqual([line.split()[3] for line in listed.splitlines()[1:]],
                         ["ada", "rita", "root"])
        self.assertNotIn(ada, listed)

    def test_a_session_is_for_its_user_alone(self):
        node = self.node("--auth", "keys")
        ada, eve = (Client(node, self.add(node, user)) for user in ("ada", "eve"))
        node.start()
        handoff = ada.must("chat-connect", roomId="general")
        session = handoff["credentials"]["sessionId"]
        for command in ("chat-status", "chat-disconnect", "chat-reconnect"):
            self.assertEqual(eve.code(command, sessionId=session), "FORBIDDEN")
        self.assertEqual(eve.code("chat-refresh-token", sessionId=session,
                                  currentToken=handoff["credentials"]["token"]), "FORBIDDEN")
        self.assertEqual(eve.code("chat-send", roomId="general", text="x", sessionId=session),
                         "FORBIDDEN")
        self.assertEqual(ada.code("chat-status", sessionId=session), "OK")

    def test_an_event_stream_is_for_its_user_alone(self):
        node = self.node("--auth", "keys")
        ada, eve = (Client(node, self.add(node, user)) for user in ("ada", "eve"))
        node.start()
        stream = http.client.HTTPConnection("127.0.0.1", node.port, timeout=TIMEOUT_S)
        self.addCleanup(stream.close)
        stream.request("GET", "/sse", headers=ada.headers)
        answer = stream.getresponse()
        lines = [answer.readline().decode() for _ in range(3)]
        path = next(line[6:].strip() for line in lines if line.startswith("data: "))
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(eve.ask("POST", path, ping)[0].status, 404)
        self.assertEqual(ada.ask("POST", path, ping)[0].status, 202)

    def test_a_revoked_key_ends_what_it_opened(self):
        node = self.node("--auth", "keys", "--audit-log", "audit.log")
        node.flags[-1] = os.path.join(node.data, "audit.log")
        keys = {user: self.add(node, user) for user in ("ada", "bob")}
        node.start()

        async def run():
            ada, _ = await join(Client(node, keys["ada"]))
            bob, _ = await join(Client(node, keys["bob"]))
            key_id = keys["ada"].split("_")[1]
            self.key(node, "revoke", key_id)
            self.assertEqual(await close_code(ada), ENDED)
            self.assertEqual(Client(node, keys["ada"]).ask("POST", "/rpc", {})[0].status, 401)
            await bob.send(json.dumps({"type": "ping"}))
            while json.loads(await asyncio.wait_for(bob.recv(), TIMEOUT_S))["type"] != "pong":
                pass
            return key_id

        key_id = asyncio.run(run())
        with open(node.flags[-1], encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        told = [(e["event"], e.get("user"), e.get("token")) for e in events]
        self.assertIn(("key-revoked", "ada", key_id), told)
        self.assertIn("revoke", [e["event"] for e in events])
        refused = [e for e in events if e["event"] == "refused"]
        self.assertEqual(refused[0]["reason"], "This is no API key of this node")
        with open(node.flags[-1], encoding="utf-8") as file:
            self.assertNotIn(keys["ada"].split("_")[2], file.read())
        done = run_chatd("key", "revoke", key_id, "--data", node.data)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f'there is no API key "{key_id}"', done.stderr)

    def test_a_revoked_key_gets_nothing_that_it_waited_for(self):
        """Neither a poll that waits nor a stream that is open."""
        node = self.node("--auth", "keys")
        keys = {user: self.add(node, user) for user in ("ada", "bob")}
        root = self.add(node, "root", "--scope", "admin")
        node.start()
        ada, bob = (Client(node, keys[user]) for user in ("ada", "bob"))
        got = {}

        def wait():
            got["poll"] = ada.call("chat-poll", roomId="general", waitMs=30000)

        def follow():
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=TIMEOUT_S)
            connection.request("GET", "/stream/chat-stream?input=%7B%22roomId%22:%22general%22%7D",
                               headers=ada.headers)
            got["stream"] = connection.getresponse().read()
            connection.close()

        threads = [threading.Thread(target=work) for work in (wait, follow)]
        for thread in threads:
            thread.start()
        self.becomes(lambda: Client(node, root).must("node-status")["connections"]["open"] >= 3)
        self.key(node, "revoke", keys["ada"].split("_")[1])
        for thread in threads:
            thread.join(TIMEOUT_S)
        bob.must("chat-send", roomId="general", text="not for ada")
        self.assertEqual(got["poll"]["data"]["messages"], [])
        last = json.loads(got["stream"].strip().split(b"data: ")[-1])
        self.assertEqual((last["type"], last["error"]["code"]), ("error", "UNAUTHORIZED"))

    def test_keys_that_root_changes_stay_the_nodes(self):
        """As with the unit, where the node is another user's."""
        if os.geteuid() != 0:
            cannot("only root writes files of others")
        node = self.node("--auth", "keys", before=become_nobody)
        os.chown(node.data, NOBODY, NOBODY)
        key = self.add(node, "ada")
        try:
            node.start()
        except (PermissionError, subprocess.SubprocessError):
            cannot("another user may not run this chatd")
        ada = Client(node, key)
        self.assertEqual(ada.code("chat-rooms"), "OK")
        self.key(node, "revoke", key.split("_")[1])
        self.becomes(lambda: ada.ask("POST", "/rpc", {})[0].status == 401)
        node.stop()
        node.start()

    def test_a_key_revoked_while_the_node_is_down(self):
        node = self.node("--auth", "keys")
        keys = {user: self.add(node, user) for user in ("ada", "bob")}
        node.start()
        ada = Client(node, keys["ada"]).must("chat-connect", roomId="general")
        bob = Client(node, keys["bob"]).must("chat-connect", roomId="general")
        node.stop()
        self.key(node, "revoke", keys["ada"].split("_")[1])
        node.start()

        async def run():
            async def opened(handoff):
                return await websockets.connect(
                    f"ws://127.0.0.1:{node.port}/rooms/general?token="
                    + handoff["credentials"]["token"])
            self.assertEqual(await close_code(await opened(ada)), ENDED)
            socket = await opened(bob)
            welcome = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT_S))
            self.assertEqual(welcome["type"], "welcome")

        asyncio.run(run())

    def test_a_flood_of_strangers(self):
        """They are told to slow down, and do not push out of the audit log what happened."""
        node = self.node("--auth", "keys", "--audit-log", "audit.log", "--rate-limits", "on")
        log = node.flags[node.flags.index("--audit-log") + 1] = os.path.join(node.data, "audit.log")
        ada = Client(node, self.add(node, "ada"))
        node.start()
        stranger = Client(node)
        seen = [stranger.ask("POST", "/rpc", {})[0].status for _ in range(100)]
        self.assertEqual(seen[:60], [401] * 60)
        self.assertIn(429, seen[60:])
        ada.must("chat-rooms")
        with open(log, encoding="utf-8") as file:
            refused = [line for line in file if '"refused"' in line]
        self.assertLess(len(refused), 70)

    def test_a_key_file_that_is_missing_for_a_while(self):
        node = self.node("--auth", "keys").start()
        ada = Client(node, self.add(node, "ada"))
        self.becomes(lambda: ada.ask("GET", "/llms.txt")[0].status == 200)
        file = f"{node.data}/api-keys.json"

        async def stay():
            ws, _ = await join(ada)
            os.rename(file, file + ".away")  # as an editor leaves it for a moment
            self.becomes(lambda: "the API keys stay as they were" in node.stderr())
            self.assertEqual(ada.code("chat-rooms"), "OK")
            os.rename(file + ".away", file)
            await asyncio.sleep(1.5)  # it is looked at once a second
            await ws.send('{"type":"message","text":"still here"}')
            while True:
                event = json.loads(await asyncio.wait_for(ws.recv(), TIMEOUT_S))
                if event["type"] == "message":
                    break
            await ws.close()
        asyncio.run(stay())
        # A file without keys takes them all away.
        with open(file, encoding="utf-8") as old:
            empty = {**json.load(old), "keys": []}
        with open(file + ".new", "w", encoding="utf-8") as new:
            json.dump(empty, new)
        os.chmod(file + ".new", 0o600)
        os.rename(file + ".new", file)
        self.becomes(lambda: ada.ask("GET", "/llms.txt")[0].status == 401)
        node.stop()

    def test_a_damaged_key_file(self):
        node = self.node("--auth", "keys")
        ada = Client(node, self.add(node, "ada"))
        node.start()
        file = f"{node.data}/api-keys.json"
        with open(file, encoding="utf-8") as before:
            whole = before.read()
        with open(file, "w", encoding="utf-8") as broken:
            broken.write("{")
        self.becomes(lambda: "the API keys stay as they were" in node.stderr())
        self.assertEqual(ada.code("chat-rooms"), "OK")
        node.kill()
        with self.assertRaises(StartFailed) as refused:
            node.start()
        self.assertIn("api-keys.json", refused.exception.err)
        with open(file, "w", encoding="utf-8") as mended:
            mended.write(whole)
        os.chmod(file, 0o644)
        with self.assertRaises(StartFailed) as refused:
            node.start()
        self.assertIn("is open to others", refused.exception.err)

    def test_private_rooms(self):
        node = self.node("--auth", "keys")
        ada, eve = (Client(node, self.add(node, user)) for user in ("ada", "eve"))
        root = Client(node, self.add(node, "root", "--scope", "admin"))
        node.start()
        root.must("chat-room-create", roomId="den", visibility="private", members=["ada", "eve"])

        def texts(client, **data):
            found = client.must("chat-search", query="word", **data)
            return {message["text"] for message in found["messages"]}

        async def run():
            ws, welcome = await join(eve, "den")
            self.assertEqual(welcome["roomId"], "den")
            ada.must("chat-send", roomId="den", text="a secret word")
            ada.must("chat-send", roomId="general", text="an open word")
            self.assertEqual(texts(eve), {"a secret word", "an open word"})
            self.assertEqual(ada.must("chat-participants", roomId="den")["total"], 1)
            root.must("chat-room-update", roomId="den", members=["ada"])
            self.assertEqual(await close_code(ws), ENDED)

        asyncio.run(run())
        self.assertEqual(eve.code("chat-poll", roomId="den"), "ROOM_NOT_FOUND")
        self.assertEqual(ada.code("chat-poll", roomId="den"), "OK")
        self.assertNotIn("den", json.dumps(eve.must("chat-rooms")))
        self.assertEqual(texts(eve), {"an open word"})
        self.assertEqual(texts(ada), {"a secret word", "an open word"})
        for command in ("chat-search", "chat-participants"):
            self.assertEqual(eve.code(command, roomId="den", query="word"), "ROOM_NOT_FOUND")

    def test_tokens_of_others(self):
        node = self.node("--auth", "jwt", "--jwt-issuer", "login", "--jwt-audience", "chat")
        secret = os.path.join(node.data, "jwt-secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(SECRET)
        node.flags += ["--jwt-secret-file", secret]
        node.start()
        good = {"iss": "login", "aud": "chat", "name": "Ada"}

        def status(token):
            return Client(node, token).ask("POST", "/rpc", {"id": 1, "method": "chat-rooms"})[0].status

        self.assertEqual(status(jwt(**good)), 200)
        self.assertEqual(status(jwt(**{**good, "aud": "mail"})), 401)
        self.assertEqual(status(jwt(**{**good, "iss": "evil"})), 401)
        self.assertEqual(status(jwt(**{**good, "exp": int(time.time()) - 120})), 401)
        self.assertEqual(status(jwt(b"another secret that is long enough", **good)), 401)
        self.assertEqual(status(jwt(alg="none", **good)), 401)
        Client(node, jwt(**good)).must("chat-send", roomId="general", text="hello")
        page = Client(node, jwt(scope="read", **good)).must("chat-poll", roomId="general")
        self.assertEqual(page["messages"][0]["sender"], "Ada")
        self.assertEqual(Client(node, jwt(scope="read", **good)).code(
            "chat-send", roomId="general", text="x"), "FORBIDDEN")

    def test_everywhere_only_for_those_known(self):
        with self.assertRaises(StartFailed) as refused:
            self.node(listen=EVERYWHERE).start()
        self.assertIn("--auth keys or jwt", refused.exception.err)
        node = self.node("--auth", "keys", listen=EVERYWHERE)
        self.add(node, "ada")
        node.start()
        with self.assertRaises(StartFailed) as refused:
            self.node("--auth", "jwt").start()
        self.assertIn("--jwt-secret-file or --jwt-keys-file", refused.exception.err)

    def test_handoffs_are_few_where_people_are_told_apart(self):
        node = self.node("--auth", "keys", env={"CHATD_RATE_LIMITS": "on"})
        ada = Client(node, self.add(node, "ada"))
        node.start()
        codes = [ada.ask("POST", "/rpc", {"id": 1, "method": "chat-connect",
                                          "params": {"roomId": "general"}})[0].status
                 for _ in range(12)]
        self.assertEqual(codes, [200] * 10 + [429] * 2)

    def test_pages_of_other_sites(self):
        node = self.node("--allow-origin", "https://chat.example").start()

        def status(origin):
            client = Client(node)
            client.headers["Origin"] = origin
            return client.ask("GET", "/health")[0].status

        self.assertEqual(status("https://chat.example"), 200)
        self.assertEqual(status("http://localhost:5173"), 200)
        self.assertEqual(status("http://chat.example"), 403)
        self.assertEqual(status("https://chat.example.evil"), 403)
        done = run_chatd("--check-config", "--allow-origin", "chat.example")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--allow-origin chat.example: expected", done.stderr)


if __name__ == "__main__":
    unittest.main()
