#!/usr/bin/python3
"""docs/ is true: each ```sh block is run as it stands, in a folder of its own, and must succeed; the
table of settings is the program's. Blocks marked `dev` call this folder's script and `root` is for
the test of the package: of those, what they name has to exist."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from lib.node import CHATD, clean_environment  # noqa: E402

AFD = os.environ.get("AFD_BIN", str(pathlib.Path(CHATD).parent / "afd"))
TIMEOUT_S = 60


def blocks(text, kind):
    return re.findall(rf"^```sh{kind}\n(.*?)^```", text, re.M | re.S)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_end(group):
    """Until the nodes that the shell has started are gone."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)


def run(name, text):
    """All its blocks in one shell, which says at the end that it came there."""
    script = "set -euo pipefail\n" + "\n".join(blocks(text, "")) + "\necho the end\n"
    for port in sorted(set(re.findall(r"127\.0\.0\.1:(31\d\d)", script))):
        script = script.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    # Nodes without --listen: the port the script's clients use.
    with tempfile.TemporaryDirectory(prefix="chatd-docs-") as folder:
        os.mkdir(f"{folder}/bin")
        os.symlink(os.path.abspath(CHATD), f"{folder}/bin/chatd")
        os.symlink(os.path.abspath(AFD), f"{folder}/bin/afd")
        environment = {**clean_environment(), "HOME": folder,
                       "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        default = re.search(r"http://(127\.0\.0\.1:\d+)", script)
        if default:
            environment["CHATD_LISTEN"] = default[1]
        shell = subprocess.Popen(["bash", "-x", "-c", script], cwd=folder, env=environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, start_new_session=True)
        timer = signal.signal(signal.SIGALRM, lambda *_: os.killpg(shell.pid, signal.SIGKILL))
        signal.alarm(TIMEOUT_S)
        said = []
        for line in shell.stdout:
            said.append(line)
            if line == "the end\n":
                break
        signal.alarm(0)
        signal.signal(signal.SIGALRM, timer)
        try:
            os.killpg(shell.pid, signal.SIGTERM)  # the nodes it has started
        except ProcessLookupError:
            pass
        shell.wait(TIMEOUT_S)
        shell.stdout.close()
        await_end(shell.pid)
        if not said or said[-1] != "the end\n":
            yield f"{name}: stopped at\n" + "".join(said[-15:])


def check_named(name, text):
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    for block in blocks(text, " dev"):
        for verb in re.findall(r"\./dev (\w+)", block):
            if f"./dev {verb}" not in usage:
                yield f"{name}: there is no ./dev {verb}"


def check_table(name, text):
    found = re.search(r"<!-- chatd config table -->\n(.*?)<!-- end -->", text, re.S)
    table = subprocess.run([CHATD, "config", "table"], capture_output=True, text=True, check=True,
                           env=clean_environment()).stdout
    if found and found[1] != table:
        yield f"{name}: the table is not what `chatd config table` prints, which is\n{table}"


def main():
    wrong = []
    documents = sorted((ROOT / "docs").glob("*.md"))
    assert len(documents) >= 4, documents
    for document in documents:
        text = document.read_text(encoding="utf-8")
        for check in (check_named, check_table, run):
            wrong += check(document.name, text)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
