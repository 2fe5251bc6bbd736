#!/usr/bin/python3
"""The file with the settings: chatd config writes, checks and shows it; SIGHUP has it read again."""

import json
import os
import re
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.jwt import jwt  # noqa: E402
from lib.node import Node, clean_environment, run_chatd  # noqa: E402

TIMEOUT_S = 30


class Verbs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-config-")
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "chatd.toml")

    def test_init_writes_every_setting_once(self):
        done = run_chatd("config", "init", "--output", self.file)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn(f"chatd --config {self.file}", done.stderr)
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(run_chatd("config", "init").stdout, text)
        lines = [line for line in text.splitlines() if " = " in line]
        self.assertTrue(all(line.startswith("# ") for line in lines))
        shown = run_chatd("config", "show").stdout
        self.assertEqual([line.removeprefix("# ") for line in lines],
                         [line.removeprefix("# ") for line in shown.splitlines() if " = " in line])
        # As it is, and with all that has a default uncommented, it is a file that changes nothing.
        self.assertEqual(run_chatd("config", "show", "--config", self.file).stdout, shown)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("\n".join(line.removeprefix("# ") for line in lines
                                 if not line.endswith(('""', "[]"))))
        self.assertEqual(run_chatd("config", "show", "--config", self.file).stdout, shown)
        self.assertEqual(run_chatd("config", "check", "--config", self.file).returncode, 0)

    def test_init_overwrites_nothing(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("precious")
        done = run_chatd("config", "init", "--output", self.file)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is there already", done.stderr)
        with open(self.file, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    def test_check_and_show_refuse_as_a_start_does(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("threads = 1000\n")
        for verb in ("check", "show"):
            done = run_chatd("config", verb, "--config", self.file)
            self.assertEqual((done.returncode, done.stdout), (2, ""), verb)
            self.assertIn("threads", done.stderr)

    def test_what_it_does_not_know(self):
        for args in ((), ("write",), ("init", "file"), ("init", "--output"), ("table", "x"),
                     ("init", "--output", "/nowhere/chatd.toml")):
            done = run_chatd("config", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertEqual(len(done.stderr.splitlines()), 1, args)
        self.assertIn("config init", run_chatd("config", "--help").stdout)

    def test_what_it_shows_can_be_read(self):
        shown = run_chatd("config", "show", env={
            **clean_environment(), "CHATD_BIND_IP": "yes", "CHATD_THREADS": "007"})
        self.assertIn("\nbind-ip = true\n", shown.stdout)
        self.assertIn("\nthreads = 7\n", shown.stdout)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(shown.stdout)
        self.assertEqual(run_chatd("config", "show", "--config", self.file).stdout, shown.stdout)

    def test_refusals_say_where_and_what_is_meant(self):
        nowhere = os.path.join(self.folder.name, "no", "audit.log")
        for text, args, env, said in (
                ("log-level = info", (), {}, f'"{self.file}": line 1: '),
                ("log-level = info", (), {}, 'as in log-level = "info"'),
                ('log-levl = "info"', (), {}, "unknown key `log-levl`. Did you mean `log-level`?"),
                ('idle-timeout = "30m"', (), {},
                 f'"{self.file}": `idle-timeout`: a whole number from 1 to 2592000 is wanted, not "30m"'),
                ("", (), {"CHATD_THREADS": "four"}, 'CHATD_THREADS: a whole number'),
                ("", ("--threads", "-1"), {}, '--threads: a whole number'),
                ("", ("--data", "a", "--data", "b"), {}, "--data is given more than once"),
                (f'audit-log = "{nowhere}"', (), {}, "Make it, or name another file"),
                ('data = ""', (), {}, "--data"),
        ):
            with self.subTest(said):
                with open(self.file, "w", encoding="utf-8") as file:
                    file.write(text)
                done = run_chatd("config", "check", "--config", self.file, *args,
                                 env={**clean_environment(), **env})
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(said, done.stderr)
        done = run_chatd("config", "check", "--config", self.folder.name)
        self.assertIn(f'--config: "{self.folder.name}" cannot be read: name a file', done.stderr)

    def test_a_misspelt_variable_is_told(self):
        done = run_chatd("config", "check", env={
            **clean_environment(), "CHATD_THRADS": "4", "CHATD_SOMETHING_ELSE": "1"})
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "chatd: warning: CHATD_THRADS is no setting. Did you mean "
                                      "CHATD_THREADS?\nchatd: the settings are valid\n")

    def test_table_has_every_setting(self):
        shown = [line.removeprefix("# ").split(" = ")[0]
                 for line in run_chatd("config", "show").stdout.splitlines() if " = " in line]
        rows = run_chatd("config", "table").stdout.splitlines()[2:]
        self.assertEqual([row.split("`")[1] for row in rows], shown)
        for row in rows:
            self.assertEqual(len(re.findall(r"(?<!\\)\|", row)), 4, row)


class Reload(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-config-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, settings, *flags):
        self.write("chatd.toml", settings)
        node = Node("--config", self.path("chatd.toml"), *flags, env={"CHATD_RATE_LIMITS": ""})
        self.addCleanup(node.close)
        return node.start()

    def reload(self, node, said):
        """Sends SIGHUP; waits until the log has said this once more."""
        before = node.stderr().count(said)
        node.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + TIMEOUT_S
        while node.stderr().count(said) == before:
            self.assertLess(time.monotonic(), deadline, node.stderr())
            time.sleep(0.01)

    def preflight(self, node, origin):
        return node.request("OPTIONS", "/rpc", headers={
            "Origin": origin, "Access-Control-Request-Method": "POST"})[0]

    def test_limits_origins_and_log_change_at_once(self):
        node = self.start("command-rate = 1000\n")
        for _ in range(20):
            node.must("chat-rooms")
        self.assertEqual(self.preflight(node, "https://app.example"), 403)
        self.write("chatd.toml", 'command-rate = 1\nallow-origin = ["https://app.example"]\n'
                                 'log-level = "warning"\nmessage-rate = 7\nthreads = 3\n'
                                 'rate-limits = "on"\n')
        self.reload(node, "threads stays 0 until chatd is started again")
        self.assertEqual(self.preflight(node, "https://app.example"), 204)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat-rooms"})
        statuses = [node.request("POST", "/rpc", body, {"Content-Type": "application/json"})[0]
                    for _ in range(5)]
        self.assertIn(429, statuses)
        self.write("chatd.toml", 'rate-limits = "off"\n')
        self.reload(node, 'rate-limits is now "off"')
        for _ in range(20):
            node.must("chat-rooms")
        self.assertEqual(self.preflight(node, "https://app.example"), 403)

    def test_a_file_that_is_no_good_changes_nothing(self):
        node = self.start('allow-origin = ["https://app.example"]\n')
        self.write("chatd.toml", "allow-origin = 7 8\n")
        self.reload(node, f"the settings stay as they were: chatd: \"{self.path('chatd.toml')}\": line 1")
        self.assertEqual(self.preflight(node, "https://app.example"), 204)
        os.remove(self.path("chatd.toml"))
        self.reload(node, "the settings stay as they were")
        node.must("chat-rooms")

    def test_what_tokens_are_signed_with(self):
        old, new = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
        self.write("secret", old)
        os.chmod(self.path("secret"), 0o600)
        node = self.start("", "--auth", "jwt", "--jwt-secret-file", self.path("secret"))

        def status(secret):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat-rooms"})
            return node.request("POST", "/rpc", body, {"Content-Type": "application/json",
                                                       "Authorization": "Bearer " + jwt(secret.encode())})[0]

        self.assertEqual((status(old), status(new)), (200, 401))
        self.write("secret", new)
        self.reload(node, "no setting has changed")
        self.assertEqual((status(old), status(new)), (401, 200))
        self.write("secret", "short")
        self.reload(node, "the keys of tokens are as before")
        self.assertEqual((status(old), status(new)), (401, 200))


if __name__ == "__main__":
    unittest.main(verbosity=2)
