#!/usr/bin/python3
"""/metrics as Prometheus reads it, moving with what happens on the node; and the dashboard of ops/
asks for nothing that is not there."""

import asyncio
import json
import math
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import raw_ws  # noqa: E402
from lib.chat import TIMEOUT_S, Rpc, join, next_of, say  # noqa: E402
from lib.node import Node, run_chatd  # noqa: E402

DASHBOARD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../ops",
                         "grafana-dashboard.json")
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (\S+)" % NAME)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
TYPES = ("counter", "gauge", "histogram")


class Exposition:
    """Prometheus' text format 0.0.4, read strictly."""

    def __init__(self, text):
        assert text.endswith("\n"), "the last line has no end"
        self.types = {}
        self.values = {}  # (name, labels as sorted pairs) -> float
        helped, family = set(), None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, words = line[7:].split(" ", 1)
                assert name not in helped and words, line
                helped.add(name)
            elif line.startswith("# TYPE "):
                family, kind = line[7:].split(" ")
                assert kind in TYPES and family not in self.types and family in helped, line
                assert (kind == "counter") == family.endswith("_total"), line
                self.types[family] = kind
            else:
                self.add(line, family)

    def add(self, line, family):
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        name, inside, value = match.groups()
        labels = LABEL.findall(inside or "")
        assert sum(len(m[0]) for m in LABEL.finditer(inside or "")) == len(inside or ""), line
        ends = ("_bucket", "_sum", "_count") if self.types[family] == "histogram" else ("",)
        assert name in [family + end for end in ends], f"{line!r} stands among {family}"
        key = (name, tuple(sorted(labels)))
        assert key not in self.values, f"twice: {line}"
        self.values[key] = float(value.replace("Inf", "inf"))

    def names(self):
        return {name for name, _ in self.values}

    def get(self, name, **labels):
        return self.values[(name, tuple(sorted(labels.items())))]

    def buckets(self, name):
        """[(upper bound, cumulative count)] of a histogram, as they stand."""
        return [(float(dict(labels)["le"].replace("Inf", "inf")), value)
                for (key, labels), value in self.values.items() if key == name + "_bucket"]


def scrape(node, headers=None):
    status, sent, body = node.request("GET", "/metrics", headers=headers)
    assert status == 200, (status, body)
    assert sent["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", sent["Content-Type"]
    return Exposition(body.decode())


def names_in(expression):
    """The metrics that an expression of PromQL names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    words = re.finditer(NAME + r"(?!\s*\(|[a-zA-Z0-9_:])", bare)
    return {m[0] for m in words if m[0] not in ("and", "or", "unless", "bool", "offset", "Inf")}


def expressions_of(dashboard):
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    for note in dashboard["annotations"]["list"]:
        yield note["expr"]
    for variable in dashboard["templating"]["list"]:
        found = re.fullmatch(r"label_values\((.*), \w+\)", variable.get("definition", ""))
        if found:
            yield found[1]


class Metrics(unittest.TestCase):
    def node(self, *flags, **options):
        node = Node(*flags, **options)
        self.addCleanup(node.close)
        return node

    def test_the_format_is_prometheus(self):
        seen = scrape(self.node("--threads", "2").start())
        self.assertGreater(len(seen.types), 40)
        for name, kind in seen.types.items():
            self.assertRegex(name, r"^(chatd|process)_[a-z_]+$")
            if kind != "histogram":
                continue
            buckets = seen.buckets(name)
            bounds = [bound for bound, _ in buckets]
            self.assertEqual(bounds, sorted(set(bounds)))
            self.assertEqual(bounds[-1], math.inf)
        for loop in ("0", "1"):
            self.assertEqual(seen.get("chatd_outbox_bytes", loop=loop), 0)
        self.assertEqual(seen.get("chatd_info", version=run_chatd("--version").stdout.split()[1]), 1)

    def test_nothing_names_a_room_or_a_user(self):
        node = self.node("--room", "a-secret-room").start()
        node.must("chat-connect", {"roomId": "a-secret-room", "nickname": "A-Secret-Name"})
        node.must("chat-send", {"roomId": "a-secret-room", "text": "a secret text"})
        seen = scrape(node)
        self.assertEqual({name for _, labels in seen.values for name, _ in labels},
                         {"reason", "code", "state", "loop", "le", "version"})
        self.assertNotIn("secret", repr(seen.values).lower())

    def test_numbers_move_with_what_happens(self):
        node = self.node().start()
        before = scrape(node)
        asyncio.run(self.talk(node))
        after = scrape(node)

        def grew(name, **labels):
            return after.get(name, **labels) - before.get(name, **labels)
        self.assertEqual(grew("chatd_messages_in_total"), 20)
        self.assertEqual(grew("chatd_messages_delivered_total"), 40)
        self.assertEqual(grew("chatd_commands_failed_total"), 1)
        self.assertGreaterEqual(grew("chatd_commands_total"), 3)
        self.assertEqual(grew("chatd_handoffs_refused_total", code="4001"), 1)
        self.assertEqual(grew("chatd_commit_messages_sum"), 20)
        self.assertGreater(grew("chatd_commit_seconds_count"), 0)
        self.assertEqual(grew("chatd_commit_seconds_count"), grew("chatd_commits_total"))
        self.assertGreater(grew("chatd_commit_seconds_sum"), 0)
        self.assertGreater(grew("chatd_loop_turn_seconds_count"), 20)
        self.assertGreater(after.get("process_resident_memory_bytes"), 1 << 20)
        self.assertGreater(after.get("process_open_fds"), 5)
        self.assertGreater(after.get("process_max_fds"), after.get("process_open_fds"))
        self.assertGreater(after.get("process_cpu_seconds_total"), 0)
        for name in [n for n, kind in after.types.items() if kind == "histogram"]:
            counts = [count for _, count in after.buckets(name)]
            self.assertEqual(counts, sorted(counts), name)  # each holds those below it
            self.assertEqual(counts[-1], after.get(name + "_count"), name)
            self.assertGreater(counts[-1], 0, name)
        for name in [n for n, kind in after.types.items() if kind == "counter"]:
            for key in [key for key in before.values if key[0] == name]:
                self.assertGreaterEqual(after.values[key], before.values[key], key)

    async def talk(self, node):
        rpc = await Rpc.open(node.port)
        ada, bob = await join(rpc, "general", "Ada"), await join(rpc, "general", "Bob")
        for i in range(20):
            await ada.send(say(f"hello {i}"))
            await next_of(bob, "message", text=f"hello {i}")
        await rpc.call("chat-status", {"sessionId": "nobody's"})
        with raw_ws.Peer(node.port, "/rooms/general?token=nonsense") as peer:
            peer.rest()
        seen = scrape(node)
        self.assertEqual(seen.get("chatd_websockets"), 2)
        self.assertEqual(seen.get("chatd_rooms_active"), 1)
        await ada.close()
        await bob.close()
        rpc.close()

    def test_what_a_client_does_not_read_is_seen_until_it_is_let_go(self):
        node = self.node().start()
        data = node.must("chat-connect", {"roomId": "general", "nickname": "Slow"})
        path = f"/rooms/general?token={data['credentials']['token']}"
        outbox, gone = 0, 0
        batch = {"commands": [{"command": "chat-send",
                               "input": {"roomId": "general", "text": "€" * 1990}}] * 60}
        with raw_ws.Peer(node.port, path, receive_buffer=4096):
            for _ in range(60):  # 21 MB: more than any kernel keeps for one socket
                self.assertEqual(node.call("afd-batch", batch)["summary"]["failureCount"], 0)
                seen = scrape(node)
                loops = [v for (name, _), v in seen.values.items() if name == "chatd_outbox_bytes"]
                outbox = max(outbox, sum(loops))
                gone = seen.get("chatd_slow_consumers_total")
                if gone:
                    break
        self.assertEqual(gone, 1)
        self.assertGreater(outbox, 100_000)
        self.assertEqual(node.must("node-status")["connections"]["slowConsumers"], 1)
        deadline = time.monotonic() + TIMEOUT_S
        while node.must("node-status")["loops"]["outboxBytes"] > 0:  # the goodbye goes last
            self.assertLess(time.monotonic(), deadline, "bytes of a connection that is gone")
            time.sleep(0.01)

    def test_known_callers_only_where_callers_are_told_apart(self):
        node = self.node("--auth", "keys")
        made = run_chatd("key", "add", "--user", "prometheus", "--scope", "read", "--data", node.data)
        key = made.stdout.strip()
        node.start()
        status, headers, _ = node.request("GET", "/metrics")
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, 'Bearer realm="chatd"'))
        seen = scrape(node, {"Authorization": "Bearer " + key})
        self.assertEqual(seen.get("chatd_credentials_refused_total"), 1)

    def test_the_dashboard_asks_for_what_there_is_and_shows_all_of_it(self):
        with open(DASHBOARD, encoding="utf-8") as file:
            dashboard = json.load(file)
        expressions = list(expressions_of(dashboard))
        self.assertGreater(len(expressions), 40)
        wanted = set().union(*map(names_in, expressions))
        seen = scrape(self.node().start())
        self.assertEqual(wanted - seen.names(), set())
        ends = re.compile(r"_(bucket|sum|count)$")
        self.assertEqual(set(seen.types) - {ends.sub("", name) for name in wanted}, set())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))


class Settings(unittest.TestCase):
    def test_node_status_tells_what_the_node_was_started_with(self):
        with Node("--room", "tea:Tea room", "--drain-rate", "700", "--threads", "2",
                  env={"CHATD_IDLE_TIMEOUT": "99"}) as node:
            settings = node.must("node-status")["settings"]
            self.assertEqual(settings["listen"], ["127.0.0.1:0"])
            self.assertEqual(settings["data"], node.data)
            self.assertEqual(settings["room"], ["tea:Tea room"])
            self.assertEqual(settings["drain-rate"], 700)
            self.assertEqual(settings["idle-timeout"], 99)
            self.assertEqual(settings["session-lifetime"], 86400)
            self.assertEqual(settings["threads"], 2)
            self.assertIs(settings["bind-ip"], False)
            self.assertEqual(settings["rate-limits"], "off")
            self.assertEqual(settings["allow-origin"], [])
            printed = run_chatd("--print-config").stdout
            known = set(re.findall(r"^(?:# )?([a-z-]+) = ", printed, re.M))
            self.assertEqual(set(settings), known)


if __name__ == "__main__":
    unittest.main()
