#!/usr/bin/python3
"""What a node keeps is for its owner alone, and what a program could not write is an error."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import (CHATD, NOBODY, Node, StartFailed, become_nobody, cannot,  # noqa: E402
                      clean_environment, run_chatd)

AFD = os.environ.get("AFD_BIN", os.path.join(os.path.dirname(CHATD), "afd"))
TIMEOUT_S = 60
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(folder):
    """What in it, itself included, others have any right to."""
    names = [folder] + [os.path.join(at, name) for at, below, files in os.walk(folder)
                        for name in below + files]
    return [name for name in names if os.lstat(name).st_mode & OTHERS]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-private-")
        self.addCleanup(self.folder.cleanup)
        self.umask = os.umask(0o022)
        self.addCleanup(os.umask, self.umask)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def node(self, *flags, data="data", **more):
        node = Node(*flags, data=self.path(data), **more)
        self.addCleanup(node.close)
        return node

    def refused(self, node):
        with self.assertRaises(StartFailed) as failed:
            node.start()
        self.assertEqual(failed.exception.code, 2)
        return failed.exception.err


class DataDirectory(Folder):
    def test_nobody_else_reads_what_is_written(self):
        for made in (None, 0o700, 0o755, 0o777):
            with self.subTest(made):
                data = f"data-{made}"
                if made:
                    os.mkdir(self.path(data))
                    os.chmod(self.path(data), made)
                run_chatd("key", "add", "--user", "ada", "--data", self.path(data))
                node = self.node("--audit-log", self.path(f"{data}.audit"), data=data).start()
                node.must("chat-send", {"roomId": "general", "text": "for us"})
                done = run_chatd("backup", "--data", self.path(data), "--to",
                                 self.path(f"{data}/../copies-{made}/one"))
                self.assertEqual(done.returncode, 0, done.stderr)
                node.stop()
                for place in (data, f"copies-{made}"):
                    self.assertEqual(open_to_others(self.path(place)), [])
                self.assertEqual(os.stat(self.path(f"{data}.audit")).st_mode & OTHERS, 0)

    def test_a_store_that_was_open_is_closed(self):
        node = self.node().start()
        node.must("chat-send", {"roomId": "general", "text": "for us"})
        node.stop()
        os.chmod(node.data, 0o755)
        for name in os.listdir(node.data):
            os.chmod(os.path.join(node.data, name), 0o644)
        os.chmod(os.path.join(node.data, "token-secret"), 0o600)
        node.start()
        self.assertEqual(open_to_others(node.data), [])

    def test_a_directory_with_other_things_stays_as_it_is(self):
        os.mkdir(self.path("data"), 0o755)
        with open(self.path("data/notes.txt"), "w", encoding="utf-8") as file:
            file.write("precious")
        said = self.refused(self.node())
        self.assertIn("open to other users", said)
        self.assertIn(f'chmod 700 "{self.path("data")}"', said)
        self.assertEqual(os.listdir(self.path("data")), ["notes.txt"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path("data")).st_mode), 0o755)

    def test_files_of_another_user_are_named(self):
        """Root started it once; now its own user does."""
        if os.geteuid() != 0:
            cannot("only root can start it as two users")
        os.chmod(self.folder.name, 0o755)
        node = self.node().start()
        node.stop()
        os.chown(node.data, NOBODY, NOBODY)
        other = self.node(before=become_nobody)
        said = self.refused(other)
        self.assertRegex(said, rf'"{node.data}/[^"]+" cannot be used by the user nobody')
        self.assertIn(f'chown -R nobody "{node.data}"', said)


class AuditLog(Folder):
    def test_it_goes_on_in_a_new_file_after_it_was_moved(self):
        node = self.node("--audit-log", self.path("audit")).start()

        def connect():
            node.must("chat-connect", {"roomId": "general"})

        connect()
        os.rename(self.path("audit"), self.path("audit.1"))
        node.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + TIMEOUT_S
        while not os.path.exists(self.path("audit")):
            self.assertLess(time.monotonic(), deadline, node.stderr())
            time.sleep(0.01)
        connect()
        for name in ("audit", "audit.1"):
            with open(self.path(name), encoding="utf-8") as file:
                events = [json.loads(line)["event"] for line in file]
            self.assertEqual(events, ["handoff"], name)
        self.assertEqual(os.stat(self.path("audit")).st_mode & OTHERS, 0)


class FullDisk(Folder):
    def run_full(self, *args, **env):
        with open("/dev/full", "w", encoding="utf-8") as full:
            return subprocess.run(args, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S,
                                  env=clean_environment(**env), check=False)

    def test_what_could_not_be_printed_is_a_failure(self):
        node = self.node().start()
        url = {"AFD_URL": node.urls[0]}
        one = '[{"command":"chat-rooms"}]'
        calls = [[AFD, "call", "chat-rooms"], [AFD, "call", "chat-rooms", "--json"],
                 [AFD, "tools"], [AFD, "tools", "--names"], [AFD, "stream", "chat-rooms"],
                 [AFD, "stream", "chat-rooms", "--json"], [AFD, "batch", one], [AFD, "status"],
                 [AFD, "--help"], [AFD, "--version"], [AFD, "completion", "bash"],
                 [AFD, "validate", "--category", "none"],
                 [CHATD, "--help"], [CHATD, "--version"], [CHATD, "--print-config"],
                 [CHATD, "config", "init"], [CHATD, "config", "table"], [CHATD, "config", "show"],
                 [CHATD, "config", "--help"], [CHATD, "key", "--help"],
                 [CHATD, "key", "list", "--data", node.data],
                 [CHATD, "backup", "--data", node.data, "--to", self.path("copy")]]
        for call in calls:
            with self.subTest(" ".join(call[1:])):
                done = self.run_full(*call, **url)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("cannot write to stdout", done.stderr)

    def test_a_key_that_nobody_saw_does_not_work(self):
        done = self.run_full(CHATD, "key", "add", "--user", "ada", "--data", self.path("data"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("no key was made", done.stderr)
        shown = run_chatd("key", "list", "--data", self.path("data"))
        self.assertNotIn("ada", shown.stdout)

    def test_a_node_runs_without_its_stdout(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{s.getsockname()[1]}"
            node = subprocess.Popen([CHATD, "--listen", address, "--data", self.path("data")],
                                    stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                                    text=True, env=clean_environment())
        self.addCleanup(node.stderr.close)
        self.addCleanup(node.kill)
        for line in node.stderr:
            if "cannot write to stdout" in line:
                break
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(TIMEOUT_S), 0)


class Settings(Folder):
    def test_blanks_beside_commas_are_no_part_of_a_setting(self):
        node = self.node(listen=(), env={"CHATD_LISTEN": "127.0.0.1:0 ,\t127.0.0.1:0",
                                         "CHATD_ROOM": " one:One , two:Two"})
        node.spawn()
        self.assertTrue(node.await_listening(TIMEOUT_S))
        rooms = {room["id"]: room["name"] for room in node.must("chat-rooms")["rooms"]}
        self.assertEqual((rooms["one"], rooms["two"]), ("One", "Two"))

    def test_a_misspelt_subcommand_is_told(self):
        for word, meant in (("stauts", None), ("bakup", "backup"), ("keys", "key")):
            done = run_chatd(word)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f'there is no "{word}"', done.stderr)
            self.assertIn("backup, config, key, mcp and repair", done.stderr)
            if meant:
                self.assertIn(f"Did you mean {meant}?", done.stderr)

    def test_names_of_keys_are_no_commands_for_the_terminal(self):
        keys = self.path("keys.json")
        made = run_chatd("key", "add", "--user", "ada", "--name", "Ada", "--keys-file", keys)
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(keys, encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"Ada"', text)
        with open(keys, "w", encoding="utf-8") as file:
            file.write(text.replace('"Ada"', '"A\\u001b[2J\\u009b\\u202eda"'))
        shown = run_chatd("key", "list", "--keys-file", keys).stdout
        for command in ("\x1b", "\x9b", "\u202e"):
            self.assertNotIn(command, shown)


if __name__ == "__main__":
    unittest.main()
