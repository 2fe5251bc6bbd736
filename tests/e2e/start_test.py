#!/usr/bin/python3
"""Starting chatd: flags, environment and file, what is refused and how, what is logged."""

import json
import os
import shutil
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import (NOBODY, Node, StartFailed, become_nobody, cannot,  # noqa: E402
                      clean_environment, run_chatd)
from lib.raw_ws import TEXT, Peer, close_frame, frame  # noqa: E402

OPTIONS = ("--listen", "--data", "--durability", "--public-url", "--threads", "--log-level",
           "--log-format", "--room", "--config", "--check-config", "--print-config", "--version")
TRACES = ("terminate called", "what():", "Aborted", "AddressSanitizer", " at 0x", "#0 ", ".cpp:")

# Each setting, as a file has it: three values, for the file, the environment and the flags.
SETTINGS = {
    "listen": ('["127.0.0.1:3001", "127.0.0.1:3002"]', '["127.0.0.1:4001", "127.0.0.1:4002"]',
               '["127.0.0.1:5001", "127.0.0.1:5002"]'),
    "room": ('["from-file"]', '["from-env", "also:Also:5"]', '["from-flag"]'),
    "allow-origin": ('["http://f.example"]', '["http://e.example", "https://e.example:1"]',
                     '["http://g.example"]'),
    "public-url": ('["ws://file.example"]', '["https://env.example/chat", "ws://b.example"]',
                   '["http://flag.example:8080"]'),
    "trusted-proxy": ('["10.0.0.0/8"]', '["192.0.2.1", "fd00::/8"]', '["127.0.0.1"]'),
    "durability": ('"power"', '"process"', '"power"'),
    "log-level": ('"error"', '"warning"', '"debug"'),
    "log-format": ('"json"', '"text"', '"json"'),
    "auth": ('"jwt"', '"keys"', '"none"'),
    "bind-ip": ("true", "false", "true"),
    "webhook-allow-private": ("true", "false", "true"),
    "mcp-tools": ('"grouped"', '"lazy"', '"individual"'),
    "rate-limits": ('"off"', '"on"', '"off"'),
    **{text: (f'"file-{text}"', f'"env-{text}"', f'"flag-{text}"')
       for text in ("data", "tls-cert", "tls-key", "token-secret-file", "audit-log", "keys-file",
                    "jwt-secret-file", "jwt-keys-file", "jwt-issuer", "jwt-audience")},
    **{number: (str(3000 + i), str(4000 + i), str(5000 + i)) for i, number in enumerate((
        "session-lifetime", "drain-rate", "handoff-rate", "command-rate", "message-rate",
        "pending-sessions", "connections-per-address", "idle-timeout", "reconnect-timeout",
        "keep-alive-timeout", "erase-after"))},
    "handoff-timeout": ("31", "41", "51"),
    "threads": ("3", "4", "5"),
}

REFUSED_FLAGS = [
    ["--nonsense"], ["--nonsense=1"], ["-x"], ["extra"], ["--listen"], ["--threads"],
    ["--check-config=maybe"], ["--handoff-timeout=0"], ["--idle-timeout=-1"],
    ["--reconnect-timeout=soon"], ["--session-lifetime=2592001"],
    ["--handoff-timeout=61", "--session-lifetime=60"], ["--drain-rate=499"],
    ["--rate-limits=maybe"], ["--mcp-tools=all"], ["--handoff-rate=-1"], ["--auth=maybe"], ["--auth=jwt"],
    ["--bind-ip=maybe"], ["--webhook-allow-private=maybe"], ["--allow-origin=example.org"], ["--pending-sessions=100001"], ["--connections-per-address=19501"], ["--command-rate=-1"], ["--message-rate=x"],
    *([f"--listen={v}"] for v in (
        "", "nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1 ", "127.0.0.1:0x10", ":3100", "example.com:3100", "[::1", "[::1]", "[::1]:",
        "256.0.0.1:1", "127.1:3100", "ftp://127.0.0.1:1", "http://", "http://127.0.0.1:1/",
        "https://127.0.0.1:3100")),  # needs a certificate
    *([f"--listen={v}"] for v in ("0.0.0.0:0", "[::]:0", "192.0.2.1:3100", "[2001:db8::1]:3100")),
    *([f"--durability={v}"] for v in ("", "fsync", "none", "process,power")),
    *([f"--public-url={v}"] for v in (
        "ftp://chat.example", "chat.example", "ws://", "wss://", "https://chat.example//path",
        "ws://chat.example/a/../b", "https://chat.example/p?x=1", "wss://chat.example?x=1", "ws://a b",
        "ws://user@chat.example", "ws://chat.example:port", "ws://chat.example:70000", "ws://:80")),
    *([f"--trusted-proxy={v}"] for v in ("", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1:80")),
    ["--keep-alive-timeout=0"],
    *([f"--threads={v}"] for v in ("", "-1", "x", "1.5", "257", "99999999999999999999")),
    *([f"--log-level={v}"] for v in ("", "loud", "debug,info")),
    *([f"--log-format={v}"] for v in ("", "xml")),
    *([f"--room={v}"] for v in (
        "", "bad id", "a/b", "r" * 65, "ümlaut", ":name", "x:", "x:name:", "x:name:0", "x:name:-1",
        "x:name:1000001", "x:name:many", "x:name:1.5", "x:" + "n" * 101)),
    ["--tls-cert=cert.pem"], ["--tls-key=key.pem"],
    ["--tls-cert=/nonexistent.pem", "--tls-key=/nonexistent.pem"],
    ["--data="],
    ["--config="], ["--config=/nonexistent/chatd.toml"], ["--config=/"],
]
REFUSED_ENVIRONMENT = [
    {"CHATD_LISTEN": "nonsense"}, {"CHATD_LISTEN": "0.0.0.0:3100"}, {"CHATD_THREADS": "x"},
    {"CHATD_DURABILITY": "maybe"}, {"CHATD_LOG_LEVEL": "loud"}, {"CHATD_LOG_FORMAT": "xml"},
    {"CHATD_PUBLIC_URL": "ftp://x"}, {"CHATD_ROOM": "fine,bad id"},
    {"CHATD_CONFIG": "/nonexistent/chatd.toml"},
]
REFUSED_FILES = [
    'nonsense = 1', 'listen = "nonsense"', 'listen = ["127.0.0.1:1", "0.0.0.0:2"]', 'threads = "x"',
    'threads = -1', 'durability = "maybe"', 'log-level = "loud"', 'log-format = "xml"',
    'public-url = "x"', 'room = ["bad id"]', '[section]\nthreads = 1', 'threads 1',
    'log_level = "info"', 'config = "other.toml"', 'version = true', 'check-config = true',
]


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Start(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="chatd-start-")
        self.addCleanup(shutil.rmtree, self.dir)

    def node(self, *flags, **more):
        node = Node(*flags, **more)
        self.addCleanup(node.close)
        return node

    def path(self, name):
        return os.path.join(self.dir, name)

    def file(self, text, name="chatd.toml"):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def run_in_dir(self, *args, **env):
        return run_chatd(*args, env=clean_environment(**env), cwd=self.dir)

    def check_refusal(self, code, out, err):
        """What a refusal looks like to the operator. Answers its one line."""
        self.assertEqual((code, out), (2, ""), f"{out}{err}")
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertTrue(err.endswith("\n"), err)
        self.assertGreater(len(err), 20, err)
        for trace in TRACES:
            self.assertNotIn(trace, err)
        return err

    def refused(self, *args, **env):
        # --check-config, so that what is wrongly taken does not start a node.
        done = self.run_in_dir("--check-config", *args, **env)
        return self.check_refusal(done.returncode, done.stdout, done.stderr)

    def start_refused(self, node):
        with self.assertRaises(StartFailed) as failed:
            node.start()
        e = failed.exception
        return self.check_refusal(e.code, e.out, e.err)

    def settings(self, *args, **env):
        """The settings in force, as key -> text of its value."""
        done = self.run_in_dir("--print-config", *args, **env)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
        return dict(line.split(" = ", 1) for line in lines)

    # --- refusals ---

    def test_refused_flags(self):
        for args in REFUSED_FLAGS:
            with self.subTest(args):
                line = self.refused(*args)
                option, _, value = args[0].partition("=")
                self.assertIn(value if option == "--config" else option.lstrip("-"), line)
                self.assertEqual(os.listdir(self.dir), [], "a refused start leaves something behind")

    def test_refused_environment(self):
        for env in REFUSED_ENVIRONMENT:
            with self.subTest(env):
                self.refused(**env)

    def test_refused_files(self):
        for text in REFUSED_FILES:
            with self.subTest(text):
                line = self.refused("--config", self.file(text))
                if "nonsense = " in text:
                    self.assertIn("nonsense", line)

    def test_refused_addresses_say_why(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:3100"):
            line = self.refused("--listen", address)
            self.assertIn(address, line)
            self.assertIn("loopback", line)

    def test_one_bad_among_good(self):
        self.refused("--listen", "127.0.0.1:0", "--listen", "nonsense")
        self.refused("--room", "fine", "--room", "bad id")

    def test_port_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            line = self.start_refused(self.node(listen=[address]))
            self.assertIn(address, line)
            self.start_refused(self.node(listen=["127.0.0.1:0", address]))
        node = self.node().start()
        address = f"127.0.0.1:{node.port}"
        self.assertIn(address, self.start_refused(self.node(listen=[address])))
        self.assertEqual(node.status_of("/health"), 200)
        node.stop()
        self.node(listen=[address]).start().stop()  # its port is free at once
        self.start_refused(self.node(listen=[address, address]))

    def test_data_in_use(self):
        first = self.node().start()
        first.must("chat-send", {"roomId": "general", "text": "mine"})
        second = self.node(data=first.data)
        line = self.start_refused(second)
        self.assertIn(first.data, line)
        self.assertIn("in use", line)
        first.must("chat-send", {"roomId": "general", "text": "still mine"})
        first.stop()
        second = self.node(data=first.data).start()
        self.assertEqual([m["text"] for m in second.history("general")], ["mine", "still mine"])

    def test_data_unwritable(self):
        self.file("not a directory", "file")
        for data in (self.path("file"), self.path("file/below"), "/proc/chatd-data"):
            with self.subTest(data):
                self.assertIn(data, self.start_refused(self.node(data=data)))
        with open(self.path("file"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "not a directory")

    def test_data_without_permission(self):
        """Root may write everywhere: it starts the node as another user."""
        os.mkdir(self.path("locked"), 0o500)
        before = None
        if os.geteuid() == 0:
            os.chmod(self.path(""), 0o711)
            os.chown(self.path("locked"), NOBODY, NOBODY)
            before = become_nobody
        self.start_refused(self.node(data=self.path("locked"), before=before))

    def test_data_is_somebody_elses(self):
        """A directory with other things in it is either left alone or used without harm to them."""
        os.mkdir(self.path("mixed"))
        self.file("precious", "mixed/notes.txt")
        node = self.node(data=self.path("mixed"))
        try:
            node.start().stop()
        except StartFailed as e:
            self.check_refusal(e.code, e.out, e.err)
        with open(self.path("mixed/notes.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    # --- where settings come from ---

    def test_precedence(self):
        from_file, from_env, from_flags = ({k: v[i] for k, v in SETTINGS.items()} for i in range(3))
        file = self.file("".join(f"{k} = {v}\n" for k, v in from_file.items()))

        def variable(option):
            return "CHATD_" + option.upper().replace("-", "_")

        def parts(value):
            return json.loads(value) if value[0] == "[" else [value.strip('"')]

        def flags_of(settings):
            return [f"--{k}={part}" for k, v in settings.items() for part in parts(v)]

        env = {variable(k): ",".join(parts(v)) for k, v in from_env.items()}
        flags = flags_of(from_flags)
        self.assertEqual(self.settings("--config", file), from_file)
        self.assertEqual(self.settings("--config", file, **env), from_env)
        self.assertEqual(self.settings(**env), from_env)
        self.assertEqual(self.settings("--config", file, *flags, **env), from_flags)
        self.assertEqual(self.settings(*flags, **env), from_flags)
        self.assertEqual(self.settings(CHATD_CONFIG=file), from_file)
        for option, wanted in from_flags.items():  # each one alone, the others from below
            with self.subTest(option):
                given = flags_of({option: wanted})
                self.assertEqual(self.settings("--config", file, *given, **env),
                                 {**from_env, option: wanted})
                self.assertEqual(self.settings("--config", file, *given), {**from_file, option: wanted})
                name = variable(option)
                self.assertEqual(self.settings("--config", file, **{name: env[name]}),
                                 {**from_file, option: from_env[option]})

    def test_all_settings_are_tried(self):
        named = {line.split()[0].lstrip("-").split("=")[0].split(",")[0]
                 for line in self.run_in_dir("--help").stdout.splitlines()
                 if line.strip().startswith("--")}
        self.assertEqual(named - {"version", "config", "check-config", "print-config"},
                         set(SETTINGS))

    def test_defaults(self):
        self.assertEqual(self.settings(), {
            "listen": '["127.0.0.1:3100"]', "data": '"./chatd-data"', "durability": '"process"',
            "threads": "0", "log-level": '"info"', "log-format": '"text"',
            "handoff-timeout": "300", "idle-timeout": "1800", "reconnect-timeout": "300",
            "session-lifetime": "86400", "drain-rate": "5000", "rate-limits": '"on"',
            "handoff-rate": "0", "command-rate": "50", "message-rate": "20", "auth": '"none"',
            "bind-ip": "false", "webhook-allow-private": "false", "pending-sessions": "0", "connections-per-address": "1000",
            "mcp-tools": '"individual"', "keep-alive-timeout": "75", "erase-after": "600"})

    def test_print_config_feeds_config(self):
        """What it prints is a file that gives the same settings, whatever is in them."""
        for flags in (
                [],
                ["--threads=7", "--log-level=debug", "--durability=power", "--log-format=json",
                 "--listen=127.0.0.1:0", "--listen=[::1]:3100", "--public-url=wss://chat.example:444",
                 "--data=/somewhere/with blanks", "--room=team:The Team:10", "--room=x",
                 "--token-secret-file=/else/where", "--handoff-timeout=1", "--idle-timeout=2",
                 "--reconnect-timeout=3", "--session-lifetime=4", "--drain-rate=1000"],
                ["--tls-cert=/a b.pem", "--tls-key=c", "--listen=http://127.0.0.1:0",
                 "--listen=https://[::1]:1"],
                ["--room=one"], ["--room=one:Name, with: comma:7", "--room=two"],
                ['--room=q:Say "hi":5'], ["--room=q:back\\slash:5"], ["--room=q:it's:5"],
                ["--room=q:# no comment:5"], ["--room=q:[brackets], {braces} = x:5"],
                ["--room=q:Ümläut €:5"], ['--data=odd "name" \\ here'], ["--data=it's"],
                ["--data=a,b"], ["--data=#1"], ["--data=[x]"], ["--data=true"], ["--data=12"]):
            with self.subTest(flags):
                first = self.run_in_dir("--print-config", *flags)
                self.assertEqual(first.returncode, 0, first.stderr)
                again = self.run_in_dir("--print-config", "--config", self.file(first.stdout))
                self.assertEqual((again.returncode, again.stderr), (0, ""))
                self.assertEqual(again.stdout, first.stdout)

    def test_print_and_check_touch_nothing(self):
        for flag in ("--print-config", "--check-config", "--version", "--help"):
            done = self.run_in_dir(flag)
            self.assertEqual((done.returncode, done.stderr), (0, ""), flag)
            self.assertTrue(done.stdout.strip(), flag)
        self.assertEqual(os.listdir(self.dir), [])

    def test_check_config(self):
        good = self.file('threads = 2\nroom = ["a:A:5"]\n')
        self.assertEqual(self.run_in_dir("--check-config", "--config", good).returncode, 0)
        self.refused("--config", self.file("threads = 1000"))
        for flags in (["--print-config"], ["--check-config"], []):  # and so does a start
            done = self.run_in_dir(*flags, "--room", "bad id")
            self.check_refusal(done.returncode, done.stdout, done.stderr)

    def test_check_config_reads_the_files_that_settings_name(self):
        short, open_to_all = self.file("too short", "short"), self.file("s" * 40, "open")
        os.chmod(short, 0o600)
        os.chmod(open_to_all, 0o644)
        there = ["--jwt-issuer", "i", "--jwt-audience", "a"]
        for flags, named in (
                (["--token-secret-file", short], "shorter than 32 bytes"),
                (["--token-secret-file", open_to_all], open_to_all),
                (["--auth", "jwt", "--jwt-secret-file", "gone", *there], "gone"),
                (["--auth", "jwt", "--jwt-keys-file", short, *there], short),
                (["--auth", "keys", "--keys-file", short], short),
                (["--data", short], "is no directory"),
                (["--data", os.path.join(short, "deeper")], "is no directory"),
                (["--audit-log", os.path.join(short, "audit.log")], "is no directory")):
            with self.subTest(flags=flags):
                done = self.run_in_dir("--check-config", *flags)
                said = self.check_refusal(done.returncode, done.stdout, done.stderr)
                self.assertIn(named, said)
        done = self.run_in_dir("--check-config", "--data", "not/there/yet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "not")))

    def test_version_and_help(self):
        version = self.run_in_dir("--version").stdout
        self.assertRegex(version, r"^chatd \d+\.\d+\.\d+\n$")
        text = self.run_in_dir("--help").stdout
        for option in OPTIONS:
            self.assertIn(option, text)
        self.assertIn("CHATD_", text)
        node = self.node().start()
        health = json.loads(node.request("GET", "/health")[2])
        self.assertEqual(health["status"], "ok")
        self.assertEqual("chatd " + health["version"] + "\n", version)

    def test_starts_from_a_file_alone(self):
        file = self.file(f'listen = ["127.0.0.1:0"]\ndata = "{self.path("store")}"\n'
                         'room = ["filed:Filed:3"]\nthreads = 1\n')
        node = self.node("--config", file, data=self.path("store"), listen=())
        rooms = {r["id"]: r for r in node.start().must("chat-rooms")["rooms"]}
        self.assertEqual(rooms["filed"]["maxParticipants"], 3)
        node.stop()

    # --- listeners ---

    def test_ports(self):
        node = self.node(listen=["127.0.0.1:0", "127.0.0.1:0"]).start()
        ports = [int(url.rsplit(":", 1)[1]) for url in node.urls]
        self.assertEqual(len(set(ports)), 2)
        self.assertNotIn(0, ports)
        for port in ports:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
                sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertTrue(sock.makefile("rb").read().startswith(b"HTTP/1.1 200 "))
        node.stop()

    def test_ipv6(self):
        if not ipv6():
            cannot("there is no IPv6")
        node = self.node(listen=["[::1]:0", "127.0.0.1:0"]).start()
        self.assertRegex(node.urls[0], r"^http://\[::1\]:\d+$")
        port = int(node.urls[0].rsplit(":", 1)[1])
        with socket.create_connection(("::1", port), timeout=30) as sock:
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: [::1]:%d\r\nConnection: close\r\n\r\n" % port)
            self.assertTrue(sock.makefile("rb").read().startswith(b"HTTP/1.1 200 "))

    def test_localhost_by_name(self):
        node = self.node(listen=["localhost:0"]).start()
        self.assertEqual(node.status_of("/health"), 200)

    # --- rooms ---

    def rooms(self, node):
        return {r["id"]: r for r in node.must("chat-rooms")["rooms"]}

    def test_default_rooms_once(self):
        node = self.node().start()
        maxima = {"general": 100, "random": 50, "help": 25}
        for _ in range(3):
            rooms = self.rooms(node)
            self.assertEqual({k: r["maxParticipants"] for k, r in rooms.items()}, maxima)
            self.assertEqual(node.must("chat-rooms")["total"], 3)
            node.stop()
            node.start()

    def test_room_flags(self):
        node = self.node("--room", "plain", "--room", "named:A Room", "--room",
                         "full:Name: with colon:7", "--room", "general:Ours:9")
        rooms = self.rooms(node.start())
        self.assertEqual(set(rooms), {"general", "random", "help", "plain", "named", "full"})
        got = {k: (r["name"], r["maxParticipants"]) for k, r in rooms.items()}
        self.assertEqual(got["plain"], ("plain", 100))
        self.assertEqual(got["named"], ("A Room", 100))
        self.assertEqual(got["full"], ("Name: with colon", 7))
        self.assertEqual(got["general"], ("Ours", 9))
        node.must("chat-send", {"roomId": "full", "text": "kept"})
        node.must("chat-room-create", {"roomId": "made", "name": "Made", "maxParticipants": 4})
        node.stop()
        node.flags = []  # the rooms outlive the flags
        node.start()
        after = self.rooms(node)
        self.assertEqual(set(after), set(rooms) | {"made"})
        self.assertEqual(after["full"], rooms["full"])
        self.assertEqual(after["made"]["maxParticipants"], 4)
        self.assertEqual([m["text"] for m in node.history("full")], ["kept"])
        node.stop()

    def test_room_added_later(self):
        node = self.node().start()
        node.must("chat-send", {"roomId": "general", "text": "first"})
        node.stop()
        node.flags = ["--room", "later:Later:5"]
        self.assertIn("later", self.rooms(node.start()))
        self.assertEqual(len(node.history("general")), 1)
        node.stop()

    # --- what handoffs name ---

    def endpoint(self, node, host=None):
        return node.must("chat-connect", {"roomId": "general"}, host)["endpoint"]

    def test_endpoint(self):
        node = self.node().start()
        port = node.port
        self.assertEqual(self.endpoint(node), f"ws://127.0.0.1:{port}/rooms/general")
        for host in (f"localhost:{port}", "localhost:9999", "localhost", f"127.0.0.1:{port}",
                     f"[::1]:{port}"):
            with self.subTest(host):
                self.assertEqual(self.endpoint(node, host), f"ws://{host}/rooms/general")
        node.stop()
        for url in ("wss://chat.example", "ws://chat.example:8080", "ws://[::1]:9"):
            node.flags = ["--public-url", url]
            node.start()
            self.assertEqual(self.endpoint(node), f"{url}/rooms/general")
            self.assertEqual(self.endpoint(node, "localhost:1"), f"{url}/rooms/general")
            node.stop()

    # --- time and log ---

    def test_start_time_is_told(self):
        node = self.node()
        for _ in range(5):
            node.start().stop()
        times = ", ".join(f"{s * 1000:.0f}" for s in node.starts_s)
        print(f"start to listening, first on an empty store: {times} ms", flush=True)

    def test_log_levels(self):
        node = self.node("--room", "logged").start()
        node.must("chat-room-create", {"roomId": "made-here"})
        node.stop()
        log = node.stderr()
        for word in ("started", "logged", "made-here", "stop"):
            self.assertIn(word, log)
        quiet = self.node("--log-level", "error").start()
        quiet.must("chat-send", {"roomId": "general", "text": "hush"})
        quiet.stop()
        self.assertEqual(quiet.stderr(), "")

    def test_refused_connections_are_logged(self):
        node = self.node().start()
        before = len(node.stderr().splitlines())
        with Peer(node.port, "/rooms/general?token=wrong") as peer:
            self.assertEqual(peer.next()[:2], ("close", 4001))
            peer.send(close_frame(4001))
            peer.rest()
        node.stop()
        lines = node.stderr().splitlines()[before:]
        self.assertTrue([x for x in lines if "refused" in x or "4001" in x], lines)

    def visit_with_tokens(self, node):
        """Every way a token gets to the node. Answers the tokens."""
        tokens = []

        def token(room="general"):
            handoff = node.must("chat-connect", {"roomId": room, "nickname": "n\"[31m"})
            tokens.append(handoff["credentials"]["token"])
            return tokens[-1]

        by_url = token()
        with Peer(node.port, f"/rooms/general?token={by_url}") as peer:
            self.assertIn(b"welcome", peer.next()[1])
            peer.send(frame(TEXT, json.dumps({"type": "message", "text": "hello"})))
            peer.next()
            peer.send(close_frame(1000))
            peer.rest()
        by_message = token()
        with Peer(node.port, "/ws/general") as peer:
            peer.send(frame(TEXT, json.dumps({"type": "auth", "token": by_message})))
            self.assertIn(b"welcome", peer.next()[1])
            peer.send(close_frame(1000))
            peer.rest()
        other_room = token("random")
        made_up = "sess-" + "0" * 24 + "." + "madeUpSecret" * 3 + "1234567"
        tokens.append(made_up)
        tokens.append("short-and-wrong")
        for path in (f"/rooms/general?token={by_url}", f"/rooms/general?token={other_room}",
                     f"/rooms/general?token={made_up}", "/rooms/general?token=short-and-wrong",
                     f"/elsewhere?token={made_up}", f"/rooms/nowhere?token={made_up}"):
            try:
                with Peer(node.port, path) as peer:
                    self.assertEqual(peer.next()[0], "close", path)
            except AssertionError as e:
                if "HTTP/1.1 " not in str(e):
                    raise  # else it was no WebSocket's path: an HTTP answer
        for path in (f"/rooms/general?token={made_up}", f"/{made_up}", f"/health?token={made_up}"):
            node.request("GET", path)
        node.call("chat-status", {"sessionId": made_up})
        node.call(made_up)
        node.request("POST", "/rpc", "{" + made_up, {"Content-Type": "application/json"})
        node.request("GET", "/health", None, {"Authorization": f"Bearer {made_up}"})
        node.request("GET", f"/rooms/general?token={made_up}", None, {"Host": "evil.example"})
        return tokens

    def test_log_has_no_token(self):
        for log_format in ("text", "json"):
            with self.subTest(log_format):
                node = self.node("--log-level", "debug", "--log-format", log_format).start()
                tokens = self.visit_with_tokens(node)
                node.stop()
                log = node.stderr()
                self.assertGreater(len(log.splitlines()), 3)
                for token in tokens:
                    self.assertNotIn(token, log)
                    self.assertNotIn(token.split(".")[-1], log)

    def test_json_log(self):
        node = self.node("--log-level", "debug", "--log-format", "json", "--room",
                         'odd:Say "hi" \\ Ü:5').start()
        self.visit_with_tokens(node)
        node.stop()
        lines = node.stderr().splitlines()
        for line in lines:
            event = json.loads(line)
            self.assertLessEqual({"time", "level", "message"}, set(event))
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertTrue([x for x in lines if "started" in x])

    def test_text_log_is_one_line_each(self):
        node = self.node("--log-level", "debug").start()
        self.visit_with_tokens(node)
        node.stop()
        for line in node.stderr().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+ (debug|info|warning|error) \S")
            self.assertNotIn("\x1b", line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
