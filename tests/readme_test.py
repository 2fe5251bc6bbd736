"""README.md is true: its source tour names every file, and its conversation works as pasted."""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from lib.node import Node, run_chatd  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")
TIMEOUT_S = 30  # a sanitized build on a busy machine
PRUNED = {".git", "build", "node_modules", "__pycache__"}
TOURED = {".hpp", ".cpp", ".py", ".mjs", ".js", ".ts", ".tsx"}
TOURED_SCRIPTS = {"dev", ".ci/run"}


def section(title):
    """The text under a `## title`, up to the next one."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    assert found, f"README.md has no section '{title}'"
    return found[1]


# --- the tour -------------------------------------------------------------------------------------


def expanded(name):
    """a/{b,c}.{hpp,cpp} as the shell sees it."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part]
             for part in re.split(r"(\{[^}]*\})", name)]
    return ["".join(choice) for choice in itertools.product(*parts)]


def toured():
    """The names before the dash of each line of the tour."""
    for line in section("Source tour").splitlines():
        if line.startswith("- "):
            for name in re.findall(r"`([^`]+)`", line.split(" — ")[0]):
                yield from expanded(name)


def sources():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(set(folders) - PRUNED)
        for file in files:
            name = (pathlib.Path(folder) / file).relative_to(ROOT)
            if name.suffix in TOURED or str(name) in TOURED_SCRIPTS:
                yield str(name)


def check_tour():
    named = list(toured())
    present = set(sources())
    for name in sorted(present - set(named)):
        yield f"source tour: {name} is missing"
    for name in sorted(set(named)):
        if not (ROOT / name).is_file():
            yield f"source tour: there is no {name}"
        if named.count(name) > 1:
            yield f"source tour: {name} stands there {named.count(name)} times"


# --- tables and examples --------------------------------------------------------------------------


def check_flags():
    flags = set(re.findall(r"--[a-z][a-z-]+", run_chatd("--help").stdout))
    described = set(re.findall(r"--[a-z][a-z-]+", section("Configuration")))
    for flag in sorted(flags ^ described):
        yield f"configuration: {flag} is " + ("not described" if flag in flags else "no flag")


def check_config_example(directory):
    file = pathlib.Path(directory) / "readme.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", README, re.S)[1], encoding="utf-8")
    done = run_chatd("--config", str(file), "--check-config")
    if done.returncode != 0:
        yield f"configuration: the example is refused: {done.stderr}"


def check_commands(node):
    commands = [c["name"] for c in node.must("afd-help")["commands"]]
    described = re.findall(r"^\| `([a-z-]+)` \|", section("How commands look"), re.M)
    if commands != described:
        yield f"commands: the node has {commands}, the table {described}"


def check_json_examples():
    for block in re.findall(r"```json\n(.*?)```", README, re.S):
        try:
            json.loads(block)
        except ValueError as e:
            yield f"not JSON ({e}): {block}"


# --- the conversation -----------------------------------------------------------------------------


class Person:
    """The third terminal: a WebSocket client at which somebody types."""

    ESCAPES = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z]|[78])|\r")

    def __init__(self, shell_lines):
        self.process = subprocess.Popen(["bash", "-c", shell_lines], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.changed = threading.Condition()
        self.shown = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while chunk := os.read(self.process.stdout.fileno(), 4096):
            with self.changed:
                self.shown += chunk.decode()
                self.changed.notify()

    def type(self, line):
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def expect(self, pattern):
        """Waits until it is on the screen; what stands above it is not looked at again."""
        def found():
            return re.search(pattern, self.ESCAPES.sub("", self.shown))
        with self.changed:
            if not self.changed.wait_for(found, TIMEOUT_S):
                raise AssertionError(f"the person does not see {pattern}, but: {self.shown!r}")
            self.shown = self.ESCAPES.sub("", self.shown)[found().end():]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()


def as_pattern(line):
    """A line of the README as what really comes; … stands for anything within a line."""
    return ".*?".join(re.escape(part) for part in line.split("…"))


class Conversation:
    """Plays the blocks of the section one after the other; the node is ours, on its own port."""

    RUN = "./dev run"
    KILL = 'kill -9 "$(pidof chatd)"'

    def __init__(self, node):
        self.node = node
        self.person = None
        self.definitions = ""  # shell functions of the agent's terminal
        self.output = ""  # of the last command
        self.commands = self.lines_seen = self.starts = 0

    def here(self, text):
        return text.replace("127.0.0.1:3100", f"127.0.0.1:{self.node.port}")

    def start(self):
        self.node.start()
        self.node.listen = (f"127.0.0.1:{self.node.port}",)  # the next start is at the same place
        self.starts += 1
        self.output = f"chatd is listening on {self.node.urls[0]}\n"

    def run(self, lines):
        self.commands += 1
        if lines.strip() == self.RUN:
            return self.start()
        if lines.strip() == self.KILL:
            return self.node.kill()
        assert "kill" not in lines and "./dev" not in lines, f"not known how to play: {lines}"
        if "-m websockets" in lines:
            self.person = Person(self.here(lines))
            return None
        for line in lines.splitlines(keepends=True):
            if re.match(r"\w+\(\)", line):
                self.definitions += self.here(line)
        done = subprocess.run(["bash", "-c", self.definitions + self.here(lines)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=TIMEOUT_S)
        assert done.returncode == 0, f"{lines}exit code {done.returncode}: {done.stderr}"
        self.output = done.stdout
        return None

    def expect(self, line):
        self.lines_seen += 1
        pattern = as_pattern(self.here(line))
        if line.startswith("< "):
            return self.person.expect(pattern)
        found = re.search("^" + pattern, self.output, re.M)
        assert found, f"expected: {line}\ncame: {self.output}"
        self.output = self.output[found.end():]
        return None

    def play(self, blocks):
        for kind, text in blocks:
            if kind == "sh":
                self.run(text)
            elif kind == "json":
                self.person.type(text)
            else:
                for line in text.splitlines():
                    self.expect(line)


def check_conversation(node):
    blocks = re.findall(r"^```(sh|json|text)\n(.*?)^```", section("A first conversation"),
                        re.M | re.S)
    talk = Conversation(node)
    try:
        talk.play(blocks)
    except (AssertionError, subprocess.SubprocessError, OSError) as e:
        yield f"conversation: {e}"
    finally:
        if talk.person:
            talk.person.close()
    if talk.starts != 2 or talk.lines_seen < 8:
        yield f"conversation: only {talk.starts} starts and {talk.lines_seen} lines were checked"
    print(f"readme: {talk.commands} blocks played, {talk.lines_seen} lines came as written")


def main():
    node = Node()
    try:
        problems = [*check_tour(), *check_json_examples(), *check_flags(),
                    *check_config_example(node.data), *check_conversation(node)]
        if node.process:
            problems += check_commands(node)
            node.stop()
    finally:
        node.close()
    for problem in problems:
        print(f"README.md: {problem}")
    print(f"readme: {len(list(toured()))} files in the tour, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
