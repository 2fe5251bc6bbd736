"""The load harness against chatd itself: short runs of every scenario, what they print and write, and
what they refuse."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.node import CHATD, Node  # noqa: E402

BENCH = os.path.join(os.path.dirname(CHATD), "chat-bench")
TIMEOUT_S = 120
SHORT = ["--seconds", "0.5", "--warm-up", "0.1"]


def bench(*args):
    return subprocess.run([BENCH, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S)


@unittest.skipUnless(os.path.exists(BENCH), "a sanitized build has no load harness")
class Bench(unittest.TestCase):
    def run_one(self, *args):
        """The figures of a run that has to go well."""
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "run.json")
            done = bench(*args, *SHORT, "--json", file)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(file, encoding="utf-8") as written:
                report = json.load(written)
        self.assertEqual(len(report["runs"]), 1)
        self.assertIn(report["runs"][0]["shape"], done.stdout)
        return report["runs"][0]

    def test_every_scenario(self):
        rows = [
            (["mixed", "--rooms", "3", "--members", "5", "--rate", "200"], "deliveries"),
            (["fanout", "--members", "8"], "deliveries"),
            (["fanout", "--members", "8", "--senders", "2", "--rate", "500"], "deliveries"),
            (["connect", "--rooms", "4", "--connections", "8"], "joins"),
            (["connect", "--rooms", "4", "--rate", "200"], "joins"),
            (["commands", "--connections", "4"], "answers"),
            (["commands", "--connections", "4", "--command", "chat-poll", "--oldest"], "answers"),
            (["durable", "--rooms", "20", "--durability", "power"], "acknowledged messages"),
        ]
        for args, unit in rows:
            with self.subTest(args):
                run = self.run_one(*args)
                self.assertEqual(run["unit"], unit)
                self.assertGreater(run["count"], 0)
                self.assertGreater(run["serverCpuSeconds"], 0)
                percentiles = [ms for _, ms in run["latencyMs"]]
                self.assertEqual(percentiles, sorted(percentiles))
                self.assertGreater(percentiles[0], 0)

    def test_a_delivery_is_counted_once_a_member(self):
        run = self.run_one("fanout", "--members", "8")
        # Messages under way at either end of the measured time are counted in part.
        self.assertLess(abs(run["count"] - 8 * run["messages"]), 8 * 8 * 2)

    def test_idle(self):
        run = self.run_one("idle", "--rooms", "4", "--members", "100")
        self.assertEqual(run["count"], 400)
        more = {m["name"]: m["value"] for m in run["more"]}
        self.assertGreater(more["bytes per idle session"], 500)

    def test_members_that_never_read(self):
        """Enough text to fill their outboxes in a second: all of them are closed, or it fails."""
        deaf = ["slow", "--members", "10", "--slow", "0.2", "--rate", "2000", "--senders", "2"]
        done = bench(*deaf, "--text", "1900", "--seconds", "3", "--warm-up", "0.1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("closed with 4008: 2", done.stdout)
        done = bench(*deaf, "--text", "24", *SHORT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("0 of 2 members that never read were closed", done.stderr)

    def test_a_running_node_with_a_history(self):
        """Twice on one node: the second run finds the rooms, and messages in them."""
        with Node() as node:
            for _ in range(2):
                run = self.run_one("mixed", "--rooms", "2", "--members", "4", "--rate", "100",
                                   "--url", node.urls[0], "--pid", str(node.process.pid))
                self.assertGreater(run["count"], 0)
                self.assertGreater(run["serverCpuSeconds"], 0)

    def test_the_page_holds_everything_it_shows(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "page.html")
            done = bench("fanout", "--members", "4", *SHORT, "--html", file)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(file, encoding="utf-8") as written:
                page = written.read()
        begin = page.index('id="data">') + len('id="data">')
        report = json.loads(page[begin:page.index("</script>", begin)])
        self.assertEqual(report["runs"][0]["scenario"], "fanout")
        for outside in ("src=", "href=", "@import", "url("):
            self.assertNotIn(outside, page)

    def test_what_is_refused(self):
        for args, code, words in (
                (["nonsense"], 1, "there is no scenario nonsense"),
                (["--windows", "3"], 2, "--windows"),
                (["fanout", "--text", "5"], 2, "--text"),
                (["fanout", "--start", "--url", "http://127.0.0.1:1"], 2, "exclude"),
                (["fanout", "--url", "http://192.0.2.1:3100"], 1, "is not on this machine"),
                (["fanout", "--url", "http://127.0.0.1:1"], 1, "no node answers at 127.0.0.1:1"),
                (["commands", "--page", "100", "--stored", "100"], 1, "--page")):
            with self.subTest(args):
                done = bench(*args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
