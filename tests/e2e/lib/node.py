"""Runs chatd the way an operator does: a process, its flags, its first line, its signals."""

import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

CHATD = os.environ.get("CHATD_BIN", "build/release/bin/chatd")
START_TIMEOUT_S = 60  # a sanitized build on a busy machine
STOP_TIMEOUT_S = 5  # the promise of SIGTERM
CALL_TIMEOUT_S = 30
KEPT_ALIVE_S = 30  # the node keeps connections for 75
NOBODY = 65534
LISTENING = re.compile(r"^chatd is listening on (https?://(\S+):(\d+))$")


def cannot(why):
    """This machine cannot do what a test needs: it says so and counts as skipped. Where
    CHATD_NO_SKIPS is set (.ci/run) it is a failure: a skip is not a pass."""
    if os.environ.get("CHATD_NO_SKIPS"):
        raise AssertionError("cannot be tested here: " + why)
    raise unittest.SkipTest(why)


def become_nobody():
    """For Node's `before`: chatd then runs as another user than root."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class StartFailed(Exception):
    """chatd ended instead of listening; `code`, `out` and `err` say how."""

    def __init__(self, code, out, err):
        super().__init__(f"chatd ended with code {code}\nstdout: {out}\nstderr: {err}")
        self.code, self.out, self.err = code, out, err


def is_sanitized():
    """Whether chatd is built with ASan or TSan: several times slower to start and to run."""
    with open(CHATD, "rb") as binary:
        program = binary.read()
    return b"libasan.so" in program or b"libtsan.so" in program


def clean_environment(**more):
    """Ours without any setting of chatd's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHATD_")}
    return {**kept, **more}


def run_chatd(*args, env=None, cwd=None):
    """Runs chatd to its end. For what is refused or only printed."""
    return subprocess.run([CHATD, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=START_TIMEOUT_S, cwd=cwd, env=env or clean_environment())


class Node:
    """One data directory and, from start() to stop() or kill(), one process on it."""

    def __init__(self, *flags, data=None, listen=("127.0.0.1:0",), env=None, tls=None,
                 before=None):
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="chatd-e2e-")
        self.flags = list(flags)
        self.listen = listen
        self.tls = tls  # an ssl.SSLContext, when the first listener speaks it
        # Tests are faster than people.
        self.env = clean_environment(**{"CHATD_RATE_LIMITS": "off", **(env or {})})
        self.before = before  # called in the process that becomes chatd
        self.process = None
        self.urls = []
        self.starts_s = []
        self._http = None
        self._asked = 0
        self._log = tempfile.TemporaryFile()

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process is not None:
            self.kill()
        self._log.close()
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    # --- the process ---

    def spawn(self):
        """Starts the process without waiting for it to listen."""
        # Without any, a file of the flags has to name one.
        listen = [part for address in self.listen for part in ("--listen", address)]
        self.process = subprocess.Popen([CHATD, *listen, "--data", self.data, *self.flags],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self._log, env=self.env, preexec_fn=self.before)
        self.urls = []
        self._out = b""
        self._spawned = time.monotonic()
        return self

    def start(self):
        self.spawn()
        if not self.await_listening(START_TIMEOUT_S):
            raise AssertionError(f"chatd did not listen within {START_TIMEOUT_S} s: {self.stderr()}")
        return self

    def await_listening(self, timeout_s):
        """True once all listeners are printed; False when the time is up before."""
        deadline = time.monotonic() + timeout_s
        while len(self.urls) < max(1, len(self.listen)):
            readable, _, _ = select.select([self.process.stdout], [], [],
                                           max(0, deadline - time.monotonic()))
            if not readable:
                return False
            chunk = os.read(self.process.stdout.fileno(), 4096)
            self._out += chunk
            self.urls = [m[1] for m in map(LISTENING.match, self._out.decode().splitlines()) if m]
            if not chunk:
                code, out = self.process.wait(), self._out.decode()
                self._forget()
                raise StartFailed(code, out, self.stderr())
        self.starts_s.append(time.monotonic() - self._spawned)
        return True

    def await_exit(self, timeout_s):
        """Its exit code, or None when it still runs at the end of the time."""
        deadline = time.monotonic() + timeout_s
        while True:
            readable, _, _ = select.select([self.process.stdout], [], [],
                                           max(0, deadline - time.monotonic()))
            if not readable:
                return None
            if not os.read(self.process.stdout.fileno(), 4096):
                return self.process.wait()

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self._signalled = time.monotonic()

    def expect_exit(self):
        """After a send_signal(): ends with 0 within the promised time. Answers how long it took."""
        left_s = STOP_TIMEOUT_S - (time.monotonic() - self._signalled)
        code = self.await_exit(left_s)
        took_s = time.monotonic() - self._signalled
        if code is None:
            self.kill()
            raise AssertionError(f"chatd still ran {took_s:.1f} s after the signal: {self.stderr()}")
        self._forget()
        assert code == 0, f"exit code {code} after {took_s:.1f} s: {self.stderr()}"
        return took_s

    def stop(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.expect_exit()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._forget()

    def _forget(self):
        self.process.stdout.close()
        self.process = None
        self.disconnect()

    def disconnect(self):
        """The next request opens a connection of its own."""
        if self._http:
            self._http.close()
            self._http = None

    def stderr(self):
        """All it has logged, over all its starts."""
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    # --- HTTP ---

    @property
    def port(self):
        return int(self.urls[0].rsplit(":", 1)[1])

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body bytes), on one kept-alive connection, unless it was silent so long
        that the node may have closed it."""
        if time.monotonic() - self._asked > KEPT_ALIVE_S:
            self.disconnect()
        self._asked = time.monotonic()
        if self._http is None:
            self._http = (
                http.client.HTTPSConnection("127.0.0.1", self.port, timeout=CALL_TIMEOUT_S,
                                            context=self.tls) if self.tls else
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_TIMEOUT_S))
        try:
            self._http.request(method, path, body, headers or {})
            answer = self._http.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            self.disconnect()
            raise

    def call(self, command, data=None, host=None):
        """The CommandResult of a command."""
        headers = {"Content-Type": "application/json"}
        if host:
            headers["Host"] = host
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": data or {}})
        status, _, answer = self.request("POST", "/rpc", body, headers)
        assert status == 200, f"{command}: HTTP {status}: {answer[:500]!r}"
        return json.loads(answer)["result"]

    def must(self, command, data=None, host=None):
        """The data of a command that has to succeed."""
        result = self.call(command, data, host)
        assert result["success"], f"{command} {data}: {result}"
        return result["data"]

    def history(self, room, since=None, limit=100):
        """All messages of a room from `since` on, by paging chat-poll."""
        messages = []
        while True:
            data = {"roomId": room, "limit": limit}
            if since:
                data["since"] = since
            page = self.must("chat-poll", data)
            messages += page["messages"]
            if not page["hasMore"]:
                return messages
            since = page["lastMessageId"]

    def status_of(self, path):
        return self.request("GET", path)[0]

    def await_status(self, path, wanted, timeout_s):
        """Asks until the door answers so; each pause ends early should the process end."""
        deadline = time.monotonic() + timeout_s
        while (status := self.status_of(path)) != wanted:
            assert time.monotonic() < deadline, f"{path} still answers {status}, not {wanted}"
            if select.select([self.process.stdout], [], [], 0.05)[0]:
                raise AssertionError(f"chatd ended: {self.stderr()}")
