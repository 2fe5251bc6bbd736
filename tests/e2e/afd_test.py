#!/usr/bin/python3
"""afd, the command line: every subcommand against a real node, in pipes and in a terminal; a chat
through kill -9; and that afd validate notices what a node does wrong."""

import fcntl
import http.client
import http.server
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import Node, run_chatd  # noqa: E402

AFD = os.environ.get("AFD_BIN", "build/release/bin/afd")
TIMEOUT_S = 60


class AfdTest(unittest.TestCase):
    """With one node for all, and a home of its own for each."""

    @classmethod
    def setUpClass(cls):
        cls.node = Node().start()
        cls.addClassCleanup(cls.node.close)
        cls.url = cls.node.urls[0]

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="afd-e2e-")
        self.addCleanup(shutil.rmtree, self.home)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AFD_", "NO_COLOR"))}
        self.env = {**kept, "XDG_CONFIG_HOME": self.home, "TERM": "xterm", "TZ": "UTC"}

    def afd(self, *args, stdin=None, url=None, **env):
        """(exit code, stdout, stderr); `url`: AFD_URL, this node's unless it is ""."""
        known = {"AFD_URL": self.url if url is None else url} if url != "" else {}
        done = subprocess.run([AFD, *args], input=stdin, stdin=subprocess.DEVNULL
                              if stdin is None else None, capture_output=True, text=True,
                              timeout=TIMEOUT_S, env={**self.env, **known, **env}, check=False)
        self.assertNotIn("\x1b", done.stdout + done.stderr, "a pipe gets no colours")
        return done.returncode, done.stdout, done.stderr

    def json_of(self, *args, code=0, **more):
        """What --json prints, and nothing else; its exit code has to be `code`."""
        got, out, err = self.afd(*args, "--json", **more)
        self.assertEqual(got, code, out + err)
        return json.loads(out)


class Calls(AfdTest):
    def test_connection(self):
        code, out, err = self.afd("status", url="")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("afd connect", err)
        file = os.path.join(self.home, "afd-cli-nodejs", "config.json")  # the public tool's
        os.makedirs(os.path.dirname(file))
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"timeout": 1234}, out)
        code, out, _ = self.afd("connect", self.url + "/sse", "--transport", "sse", url="")
        self.assertEqual(code, 0)
        self.assertIn("Connected to " + self.url, out)
        with open(file, encoding="utf-8") as stored:
            self.assertEqual(json.load(stored), {"timeout": 1234, "serverUrl": self.url + "/sse"})
        self.assertEqual(self.json_of("status", url="")["server"]["name"], "chatd")
        self.assertTrue(self.json_of("call", "chat-rooms", url="")["success"])
        self.assertEqual(self.afd("connect", "http://127.0.0.1:1", url="")[0], 1)
        self.assertEqual(self.json_of("status", url="")["url"], self.url)  # still the one that works
        self.assertEqual(self.afd("disconnect", url="")[0], 0)
        self.assertEqual(self.json_of("status", url="", code=1), {"connected": False, "url": None})

    def test_not_reachable(self):
        code, out, err = self.afd("call", "chat-rooms", url="http://127.0.0.1:1")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"127\.0\.0\.1:1 does not answer: Connection refused")
        self.assertIn("afd connect", err)
        result = self.json_of("call", "chat-rooms", url="http://127.0.0.1:1", code=1)
        self.assertEqual(result["error"]["code"], "NODE_UNREACHABLE")
        self.assertTrue(result["error"]["suggestion"])

    def test_silent_node(self):
        silent = http.server.socketserver.TCPServer(("127.0.0.1", 0), None)
        self.addCleanup(silent.server_close)
        began = time.monotonic()
        url = f"http://127.0.0.1:{silent.server_address[1]}"
        self.assertEqual(self.afd("call", "chat-rooms", "--timeout", "200", url=url)[0], 1)
        self.assertLess(time.monotonic() - began, 5)

    def test_call_for_people(self):
        code, out, _ = self.afd("call", "chat-rooms")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^✓ Found \d+ chat room")
        self.assertRegex(out, r"\n    id +name +description +participants")  # a table
        self.assertRegex(out, r"\nnext: Call chat-connect")
        code, out, _ = self.afd("call", "chat-send", "roomId=general", "text=to be undone")
        self.assertRegex(out, r"undo: afd call chat-delete roomId=general messageId=m\d+")
        code, out, _ = self.afd("call", "chat-pol")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"^✗ Command 'chat-pol' not found \[COMMAND_NOT_FOUND\]\n"
                              r"try: Did you mean 'chat-poll'")
        self.assertIn("trace", self.afd("call", "chat-rooms", "-v")[1])

    def test_what_a_message_says_is_no_command_for_the_terminal(self):
        self.node.must("chat-send", {"roomId": "random", "text": "red \x1b[31m, C1 \x9b31m, \x07"})
        for args in (("call", "chat-history", "roomId=random"), ("chat", "random")):
            self.assertIn("red  [31m, C1  31m", self.afd(*args)[1])  # and afd() looks for escapes

    def test_input(self):
        for args, stdin in ((["roomId=general", "limit=1"], None), (['{"roomId":"general","limit":1}'],
                            None), (["roomId=general limit=1"], None),
                            (["roomId:=\"general\"", "limit:=1"], None),
                            (["-"], '{"roomId":"general","limit":1}'), (["-"], "roomId=general limit=1")):
            with self.subTest(args):
                data = self.json_of("call", "chat-poll", *args, stdin=stdin)["data"]
                self.assertEqual(data["roomId"], "general")
        # What a script puts there is a text, whatever it looks like.
        for text in ("a b=c", "'42'", '"quoted"', '"tab\\there"', "ä{", "42", "true", "null", "[1]",
                     '{"a":1}'):
            with self.subTest(text):
                result = self.json_of("call", "chat-send", "roomId=help", f"text={text}")
                self.assertTrue(result["success"])
                self.assertEqual(self.node.history("help")[-1]["text"], text)
        self.json_of("shell", stdin='chat-send roomId=help text="4 \\"2\\""\n')
        self.assertEqual(self.node.history("help")[-1]["text"], '4 "2"')
        self.assertEqual(self.json_of("call", "chat-send", "roomId=help", "text:=42", code=1)
                         ["error"]["code"], "VALIDATION_ERROR")
        for bad in (["{"], ["roomId"], ["=x"], ["a:=b"], ["{", "b=c"]):
            with self.subTest(bad):
                result = self.json_of("call", "chat-poll", *bad, code=1)
                self.assertEqual(result["error"]["code"], "INVALID_INPUT")

    def test_json_is_the_result_as_it_came(self):
        result = self.json_of("call", "chat-rooms")
        self.assertEqual(list(result), ["success", "data", "reasoning", "confidence", "metadata",
                                        "_agentHints"])
        again = json.loads(self.afd("call", "chat-rooms", "--format", "json")[1])
        self.assertEqual(again["data"], result["data"])
        failed = self.json_of("call", "chat-status", "sessionId=none", code=1)
        self.assertEqual(failed["error"]["code"], "SESSION_NOT_FOUND")

    def test_no_port_is_cut(self):
        for port in ("89486", "65536", "0", "080808080", "-1", "1x"):
            with self.subTest(port):
                code, _, err = self.afd("status", url=f"http://127.0.0.1:{port}")
                self.assertEqual(code, 1)
                self.assertIn("INVALID_INPUT", err)

    def test_interrupted(self):
        for args in (["call", "chat-poll", "roomId=random", "waitMs=20000"],
                     ["stream", "chat-stream", "roomId=random"],
                     ["batch", '[{"command":"chat-poll","input":{"roomId":"random",'
                               '"waitMs":20000}}]']):
            with self.subTest(args[0]):
                afd = Terminal({**self.env, "AFD_URL": self.url}, *args)
                time.sleep(0.5)  # it may be anywhere: each place has to end it
                afd.type("\x03")
                self.assertIn(afd.code(), (-signal.SIGINT, 130))  # a shell says 130 for both

    def test_without_a_home(self):
        with tempfile.TemporaryDirectory() as folder:
            env = {k: v for k, v in self.env.items() if k not in ("HOME", "XDG_CONFIG_HOME")}
            home = os.path.join(folder, "home")
            done = subprocess.run([AFD, "connect", self.url], cwd=folder, capture_output=True,
                                  text=True, timeout=TIMEOUT_S, check=False,
                                  env={**env, "XDG_CONFIG_HOME": "relative"} | {"HOME": home})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.listdir(folder), ["home"])

    def test_usage(self):
        for args in ([], ["cal"], ["call"], ["chat"], ["tools", "--no-such"]):
            code, out, err = self.afd(*args)
            self.assertEqual((code, out), (1, ""), args)
            self.assertIn("--help", err)
        self.assertIn("connect status", self.afd("cal")[2])
        self.assertRegex(self.afd("--version")[1], r"^afd \d+\.\d+\.\d+\n$")

    def test_tools(self):
        tools = {tool["name"] for tool in self.json_of("tools")}
        self.assertEqual(set(self.afd("tools", "--names")[1].split()), tools)
        some = {tool["name"] for tool in self.json_of("tools", "--category", "bootstrap")}
        self.assertEqual(some, {name for name in tools if name.startswith("afd-")})
        self.assertEqual([tool["name"] for tool in self.json_of("tools", "POLL FOR")], ["chat-poll"])
        self.assertRegex(self.afd("tools")[1], r"(?m)^chat\n  chat-rooms +List the chat rooms")

    def test_batch(self):
        good = [{"command": "chat-rooms"}, {"name": "chat-poll", "args": {"roomId": "general"}}]
        mixed = json.dumps([*good, {"id": "x", "command": "chat-roms"}])
        self.assertEqual(self.json_of("batch", json.dumps(good))["summary"]["successCount"], 2)
        batch = self.json_of("batch", "-", stdin=mixed, code=2)
        self.assertEqual([r["id"] for r in batch["results"]], ["cmd-0", "cmd-1", "x"])
        file = os.path.join(self.home, "batch.json")
        with open(file, "w", encoding="utf-8") as out:
            out.write(mixed)
        code, out, _ = self.afd("batch", file)
        self.assertEqual(code, 2)
        self.assertRegex(out, r"(?s)✓ chat-rooms \(cmd-0\).*✗ chat-roms \(x\)\n.*Did you mean")
        stopped = self.json_of("batch", "-s", json.dumps([{"command": "no"}, *good]), code=2)
        self.assertEqual(stopped["summary"]["skippedCount"], 2)
        self.json_of("batch", "[]", code=1)
        for bad in ("5", "[{}]", "/no/such/file"):
            self.assertEqual(self.json_of("batch", bad, code=1)["error"]["code"], "INVALID_INPUT")

    def test_stream(self):
        for n in range(3):
            self.node.must("chat-send", {"roomId": "help", "text": f"chunk {n}"})
        code, out, _ = self.afd("stream", "chat-rooms", "--json")
        chunks = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((code, [c["type"] for c in chunks]), (0, ["data", "complete"]))
        # As they come: the first is there while the stream is open.
        live = subprocess.Popen([AFD, "stream", "chat-stream", "roomId=help", "forMs=20000", "--json"],
                                stdout=subprocess.PIPE, text=True,
                                env={**self.env, "AFD_URL": self.url})
        self.assertEqual(json.loads(live.stdout.readline())["type"], "data")
        live.send_signal(signal.SIGINT)
        live.wait(TIMEOUT_S)
        live.stdout.close()
        code, out, _ = self.afd("stream", "chat-rms")
        self.assertEqual(code, 1)
        self.assertIn("Did you mean 'chat-rooms'", out)
        self.assertEqual(self.afd("stream", "../rpc")[0], 1)

    def test_shell_in_a_pipe(self):
        code, out, _ = self.afd("shell", stdin="# a comment\njson on\nchat-poll roomId=general limit=1\n"
                                               "exit\nchat-rms\n")
        self.assertEqual((code, json.loads(out)["success"]), (0, True))
        code, out, err = self.afd("shell", stdin="tools bootstrap\nstatus\ncall chat-rms\nfoo bar\nstream\n")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"(?s)afd-help.*Connected.*COMMAND_NOT_FOUND")
        self.assertIn("key=value", err)

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.afd("completion", shell)[1]
            for word in ("disconnect", "validate", "stop-on-error", "cacert"):
                self.assertIn(word, script, shell)
        ask = ('source <("$AFD" completion bash); afd() { "$AFD" "$@"; }; '
               'complete_at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _afd; '
               'echo "${COMPREPLY[*]}"; }; complete_at afd st; complete_at afd batch --st; '
               'complete_at afd call chat-hi')
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True,
                              env={**self.env, "AFD": os.path.abspath(AFD), "AFD_URL": self.url})
        self.assertEqual(done.stdout.splitlines(), ["status stream", "--stop-on-error", "chat-history"])

    def test_key_and_certificate(self):
        cert, key = (os.path.join(self.home, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
        node = Node("--auth", "keys", "--tls-cert", cert, "--tls-key", key)
        self.addCleanup(node.close)
        token = run_chatd("key", "add", "--user", "ada", "--name", "Ada", "--scope", "admin", "--data",
                          node.data).stdout.strip()
        url = node.start().urls[0]
        code, _, err = self.afd("call", "chat-rooms", url=url, AFD_TOKEN=token)
        self.assertEqual(code, 1)
        self.assertIn("--cacert", err)
        code, _, err = self.afd("call", "chat-rooms", "--cacert", cert, url=url)
        self.assertEqual(code, 1)
        self.assertIn("AFD_TOKEN", err)
        self.assertTrue(self.json_of("call", "chat-rooms", "--cacert", cert, url=url,
                                     AFD_TOKEN=token)["success"])
        code, out, _ = self.afd("chat", "general", "--cacert", cert, "--token", token, url=url,
                                stdin="over wss\n")
        self.assertEqual(code, 0)
        self.assertIn("Ada: over wss", out)
        report = self.json_of("validate", "--cacert", cert, url=url, AFD_TOKEN=token)
        self.assertEqual(report["failed"], 0, report)


class Terminal:
    """afd at which somebody types."""

    def __init__(self, env, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(AFD, [AFD, *args], env)
        fcntl.fcntl(self.fd, fcntl.F_SETFL, os.O_NONBLOCK)
        self.shown = ""

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def expect(self, pattern):
        deadline = time.monotonic() + TIMEOUT_S
        while not (found := re.search(pattern, self.shown)):
            assert time.monotonic() < deadline, f"expected {pattern}, shown: {self.shown!r}"
            if select.select([self.fd], [], [], 1)[0]:
                self.shown += os.read(self.fd, 65536).decode(errors="replace")
        self.shown = self.shown[found.end():]
        return found

    def code(self):
        """Of its exit, for which it has some seconds."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.fd], [], [], 0.01)[0]:
                try:
                    self.shown += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:  # the other side is gone
                    time.sleep(0.01)
        raise AssertionError(f"it still runs: {self.shown!r}")


class AtTheTerminal(AfdTest):
    def open(self, *args, **env):
        return Terminal({**self.env, "AFD_URL": self.url, **env}, *args)

    def test_colours(self):
        self.open("call", "chat-rooms").expect("\x1b\\[32m✓\x1b\\[0m Found")
        self.open("call", "chat-rooms", NO_COLOR="1").expect("(?m)^✓ Found")

    def test_shell(self):
        shell = self.open("shell")
        shell.expect("Connected to")
        shell.expect("> ")
        shell.type("chat-hist\troomId=generax\x7fl\r")  # tab, and a key too many
        shell.expect("chat-history roomId=general\r\n.*message\\(s\\)")
        shell.type("\x1b[A\x15status\x1b[D\x1b[D\x1b[D\x01\x05\r")
        shell.expect("Connected to")
        shell.expect("> ")
        shell.type("\x04")
        self.assertEqual(shell.code(), 0)

    def test_chat_keeps_the_line_that_is_typed(self):
        self.node.must("chat-send", {"roomId": "random", "text": "said before"})
        ada = self.open("chat", "random", "--nick", "Ada")
        ada.expect("random: .*Ada")
        ada.expect("Agent.*: said before")
        ada.type("half a li")
        ada.expect("> half a li")
        bob = self.open("chat", "random", "--nick", "Bob")
        ada.expect("Bob joined")
        bob.type("hello\nof Bob")
        ada.expect("Bob.*: hello\r\n\r\x1b\\[K> half a li$|Bob.*: hello\r\n\r\x1b\\[K.*> half a li")
        ada.type("ne\r")
        bob.expect("Ada.*: half a line")
        ada.type("\x04")
        self.assertEqual(ada.code(), 0)
        bob.expect("Ada left")
        bob.type("\x15\x03")
        self.assertEqual(bob.code(), 0)

    def test_chat_shows_no_line_of_others_as_its_own(self):
        ada = self.open("chat", "random", "--nick", "Ada")
        ada.expect("random: .*Ada")
        forged = "hi\n10:20 Bob: forged\n" + "x" * 200 + " 10:21 Bob: wrapped" + " " * 300 + "y"
        self.node.must("chat-send", {"roomId": "random", "text": forged})
        ada.expect("Agent.*: hi\r\n  10:20 Bob: forged\r\n")
        rest = ada.expect(r"(?s)(.*)y\r\n")[1]
        for line in rest.split("\r\n"):
            self.assertTrue(line.startswith("  "), line)
            self.assertLessEqual(len(line), 80)
        ada.type("\x04")
        self.assertEqual(ada.code(), 0)

    def test_chat_commands(self):
        ada = self.open("chat", "random", "--nick", "Ada")
        ada.expect("random: .*Ada")
        ada.type("/help\r")
        ada.expect("/who shows who is here")
        ada.type("/who\r")
        ada.expect("here: .*Ada")
        ada.type("/nick Eve\r")
        ada.expect("There is no /nick")
        ada.type("//who is a command\r")
        ada.expect("Ada.*: /who is a command")
        ada.type("/quit\r")
        self.assertEqual(ada.code(), 0)
        texts = [m["text"] for m in self.node.history("random")]
        self.assertEqual(texts[-1], "/who is a command")
        self.assertFalse([text for text in texts if text.startswith(("/help", "/nick", "/quit"))])


class Pipe:
    """afd chat between two pipes."""

    def __init__(self, env, *args):
        self.process = subprocess.Popen([AFD, "chat", *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.out = b""

    def say(self, *lines):
        try:
            self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(self.process.stderr.read().decode()) from None

    def frame(self):
        """The next line of --json."""
        deadline = time.monotonic() + TIMEOUT_S
        while b"\n" not in self.out:
            left_s = max(0, deadline - time.monotonic())
            assert select.select([self.process.stdout], [], [], left_s)[0], "no frame in time"
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, f"it has ended: {self.process.stderr.read()}"
            self.out += piece
        line, self.out = self.out.split(b"\n", 1)
        return json.loads(line)

    def texts(self, count):
        """Of the next messages."""
        texts = []
        while len(texts) < count:
            frame = self.frame()
            texts += [frame["text"]] if frame["type"] == "message" else []
        return texts

    def end(self):
        """(exit code, the rest of stdout, stderr) after the end of its input."""
        out, err = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, (self.out + out).decode(), err.decode()


class Chat(AfdTest):
    def pipe(self, *args, url=None):
        return Pipe({**self.env, "AFD_URL": url or self.url}, *args)

    def new_room(self, name):
        self.node.must("chat-room-create", {"roomId": name})
        return name

    def test_lines_are_messages(self):
        room = self.new_room("lines")
        code, out, _ = self.afd("chat", room, "-n", "Ada", stdin="one\n\ntwo\r\nand no end")
        self.assertEqual(code, 0)
        self.assertEqual([m["text"] for m in self.node.history(room)], ["one", "two", "and no end"])
        self.assertRegex(out, r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Ada: .*\n){3}$")
        code, out, _ = self.afd("chat", room, "--json", stdin="three\n")
        frames = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(frames[0]["type"], "welcome")
        texts = [f["text"] for f in frames if f["type"] == "message"]
        self.assertEqual(texts, ["one", "two", "and no end", "three"])
        self.assertEqual(self.node.must("chat-rooms", {"search": room})["rooms"][0]["participants"], 0)

    def test_refusals(self):
        code, out, err = self.afd("chat", "no-such-room")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("chat-rooms", err)
        room = self.new_room("refusals")
        code, _, err = self.afd("chat", room, stdin="x" * 3000 + "\nfine\n")
        self.assertEqual(code, 1)  # one of two
        self.assertIn("2000 characters", err)
        self.assertEqual([m["text"] for m in self.node.history(room)], ["fine"])

    def test_history_ends_where_the_room_begins(self):
        room = self.new_room("history")
        for n in range(25):
            self.node.must("chat-send", {"roomId": room, "text": f"m{n}"})
        reader = self.pipe(room, "--json")
        self.assertEqual(reader.frame()["type"], "welcome")
        self.node.must("chat-send", {"roomId": room, "text": "m25"})
        texts = reader.texts(20)  # the last of them came live, or with the others
        while texts[-1] != "m25":
            texts += reader.texts(1)
        self.assertIn(texts, ([f"m{n}" for n in range(5, 26)], [f"m{n}" for n in range(6, 26)]))
        self.assertEqual(reader.end()[0], 0)

    def test_kicked_out(self):
        reader = self.pipe(self.new_room("closing"), "--json")
        welcome = reader.frame()
        self.node.must("chat-disconnect", {"sessionId": welcome["sessionId"]})
        self.assertEqual(reader.process.wait(TIMEOUT_S), 1)
        self.assertIn("chat-status", reader.end()[2])

    def test_interrupted(self):
        reader = self.pipe("general", "--json")
        reader.frame()
        reader.process.send_signal(signal.SIGINT)
        self.assertEqual(reader.process.wait(TIMEOUT_S), 130)
        reader.end()

    def test_kill_9_loses_and_repeats_nothing(self):
        with Node() as node:
            node.listen = (f"127.0.0.1:{node.port}",)
            ada = self.pipe("general", "-n", "Ada", url=node.urls[0])
            bob = self.pipe("general", "-n", "Bob", url=node.urls[0])
            deadline = time.monotonic() + TIMEOUT_S  # sanitized programs start slowly
            while len(node.must("chat-participants", {"roomId": "general"})["participants"]) < 2:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            said = []
            for round_ in range(3):
                for n in range(20):
                    said.append(f"{round_} {n}")
                    ada.say(said[-1])
                    time.sleep(0.002)
                if round_ == 1:
                    node.kill()
                    said += ["while it was away", "and this"]
                    ada.say(*said[-2:])
                    time.sleep(0.1)
                    node.start()
            code, own, err = ada.end()
            self.assertEqual(code, 0, err)
            self.assertIn("Connected again", err)
            code, _, err = bob.end()
            self.assertEqual(code, 0, err)
            stored = [m["text"] for m in node.history("general") if m["sender"] == "Ada"]
            self.assertEqual(stored, said)
            self.assertEqual([line.split(": ", 1)[1] for line in own.splitlines()], said)

    def test_a_reader_comes_back(self):
        with Node() as node:
            node.listen = (f"127.0.0.1:{node.port}",)
            reader = self.pipe("general", "--json", url=node.urls[0])
            reader.frame()
            node.must("chat-send", {"roomId": "general", "text": "before"})
            node.kill()
            node.start()
            for n in range(3):
                node.must("chat-send", {"roomId": "general", "text": f"after {n}"})
            self.assertEqual(reader.texts(4), ["before", "after 0", "after 1", "after 2"])
            self.assertEqual(reader.end()[0], 0)

    def test_faster_than_allowed(self):
        with Node(env={"CHATD_RATE_LIMITS": "on", "CHATD_MESSAGE_RATE": "60"}) as node:
            lines = [str(n) for n in range(140)]
            code, out, err = self.afd("chat", "general", stdin="\n".join(lines), url=node.urls[0])
            self.assertEqual(code, 0, err)
            self.assertEqual([line.split(": ")[1] for line in out.splitlines()], lines)


class Broken(http.server.BaseHTTPRequestHandler):
    """A node behind a proxy that gets one thing wrong."""

    protocol_version = "HTTP/1.0"
    fault = ("", "")  # a text, and what stands in its place
    port = 0

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        ask = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        host = self.headers["Host"].replace(str(self.server.server_port), str(self.port))
        ask.request(self.command, self.path, body,
                    {**{k: v for k, v in self.headers.items() if k != "Host"}, "Host": host})
        answer = ask.getresponse()
        head = f"{answer.status} {answer.getheader('Content-Type')}"
        status = int(head.replace(*self.fault).split(" ")[0])
        self.send_response(status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.end_headers()
        try:
            while piece := answer.read1(65536) if answer.status != 202 else b"":
                self.wfile.write(piece.decode().replace(*self.fault).encode())
        except OSError:
            pass  # enough was read
        ask.close()

    do_GET = do_POST = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, *_):
        pass


class Validate(AfdTest):
    def test_a_node_is_valid(self):
        report = self.json_of("validate", self.url, url="")
        self.assertEqual((report["valid"], report["failed"], report["skipped"]), (True, 0, 0), report)
        self.assertGreater(report["passed"], 40)
        rooms = [room["id"] for room in self.node.must("chat-rooms")["rooms"]]
        self.assertFalse([room for room in rooms if "validate" in room], "it left its room behind")
        code, out, _ = self.afd("validate")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"GET /health .* +1 +✓ passed\n")
        self.assertRegex(out, r"\n\d+ passed, 0 failed, 0 skipped\n$")

    def test_nobody_there(self):
        code, _, err = self.afd("validate", "http://127.0.0.1:1")
        self.assertEqual(code, 1)
        self.assertIn("does not answer", err)

    def test_faults_are_found(self):
        Broken.port = self.node.port
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        for fault, found in (
                (("", ""), []),
                (('"status":"ok"', '"status":"up"'), ["GET /health has status, name and version"]),
                (("403 application", "200 application"), ["a foreign Origin is refused with 403",
                                                          "a foreign Host is refused with 403"]),
                (("Did you mean 'chat-rooms'", "Sorry"), ["/rpc: an unknown command names the nearest"]),
                (('"agentHints"', '"hints"'), ["every tool answers {} with a CommandResult",
                                               "agent hints stand in both places"]),
                (('"hasMore":true', '"hasMore":false'),
                 ["chat-poll: hasMore and lastMessageId are exact"]),
                (('"reconnect":{"allowed"', '"again":{"allowed"'),
                 ["chat-connect hands off with all its fields"]),
                (("202 None", "204 None"), ["/rpc: a notification gets 202 and no body",
                                            "/mcp: initialize, notification, end of session"]),
        ):
            with self.subTest(fault):
                Broken.fault = fault
                report = self.json_of("validate", url, code=1 if found else 0)
                failed = [c["name"] for c in report["checks"] if c["result"] == "failed"]
                self.assertTrue(set(found) <= set(failed), report)
                self.assertLessEqual(len(failed), len(found) + 2, "too many for one fault")
                self.assertTrue(all(c.get("problem") for c in report["checks"]
                                    if c["result"] != "passed"))

    def test_a_node_that_finds_it_too_fast_is_waited_for(self):
        node = Node("--auth", "keys", "--handoff-rate", "60", "--rate-limits", "on")
        self.addCleanup(node.close)
        token = run_chatd("key", "add", "--user", "ada", "--scope", "admin", "--data",
                          node.data).stdout.strip()
        url = node.start().urls[0]
        took = [self.json_of("call", "chat-connect", "roomId=general", "nickname=Ada", url=url,
                             AFD_TOKEN=token)["success"] for _ in range(55)]
        self.assertEqual(took, [True] * 55)
        report = self.json_of("validate", url, AFD_TOKEN=token)
        self.assertEqual((report["failed"], report["valid"]), (0, True), report)

    def test_interrupted_it_leaves_nothing(self):
        process = subprocess.Popen([AFD, "validate", self.url], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.env)
        rooms = lambda: [room["id"] for room in self.node.must("chat-rooms")["rooms"]
                         if "validate" in room["id"]]
        deadline = time.monotonic() + TIMEOUT_S
        while not rooms():
            self.assertLess(time.monotonic(), deadline)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("nothing is left on the node", err)
        self.assertEqual(rooms(), [])

    def test_what_may_not_be_done_is_skipped(self):
        node = Node("--auth", "keys")
        self.addCleanup(node.close)
        token = run_chatd("key", "add", "--user", "ada", "--data", node.data).stdout.strip()
        url = node.start().urls[0]
        report = self.json_of("validate", url, AFD_TOKEN=token)
        self.assertEqual(report["failed"], 0, report)
        self.assertGreater(report["skipped"], 10)
        self.assertFalse(self.json_of("validate", url, "--strict", AFD_TOKEN=token, code=1)["valid"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
