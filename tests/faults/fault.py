"""What the fault tests share: short and long runs, random choices that can be repeated, and faults
that are preloaded into chatd."""

import os
import random
import struct
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from lib.node import CHATD, is_sanitized  # noqa: E402

LONG = os.environ.get("CHATD_FAULTS") == "long"  # ./dev faults
SEED = int(os.environ.get("CHATD_FAULT_SEED", time.time_ns() % 1_000_000))


def rounds(short, long):
    """How often: CHATD_FAULT_ROUNDS, or what suits the run. A sanitized chatd is several times
    slower, so that a short run has fewer."""
    few = max(1, short // 4) if is_sanitized() else short
    return int(os.environ.get("CHATD_FAULT_ROUNDS", long if LONG else few))


def choices():
    """Random choices; the seed is printed, and CHATD_FAULT_SEED repeats them."""
    print(f"CHATD_FAULT_SEED={SEED}", flush=True)
    return random.Random(SEED)


class Progress:
    """Long runs say now and then how far they are."""

    def __init__(self, total):
        self.total, self.number, self.told, self.began = total, 0, time.monotonic(), time.monotonic()

    def __iter__(self):
        for self.number in range(1, self.total + 1):
            yield self.number
            if LONG and time.monotonic() - self.told > 10:
                self.told = time.monotonic()
                print(f"  {self.number} of {self.total} rounds", flush=True)

    def report(self, found):
        """The one line at the end."""
        print(f"{self.number} rounds in {time.monotonic() - self.began:.1f} s: {found}", flush=True)


def preloaded(name, **settings):
    """The environment of a chatd with one of our libraries in front of libc."""
    library = os.path.join(os.path.dirname(os.path.dirname(CHATD)), "faults", name + ".so")
    if not os.path.exists(library):
        raise unittest.SkipTest(f"{library} is not built")
    if is_sanitized():
        raise unittest.SkipTest("a sanitizer has to be the first library, and so has this fault")
    return {"LD_PRELOAD": os.path.abspath(library), **settings}


class SharedNumber:
    """A number that a preloaded library reads while chatd runs."""

    def __init__(self):
        self.fd, self.path = tempfile.mkstemp(prefix="chatd-fault-")
        self.set(0)

    def set(self, value):
        os.pwrite(self.fd, struct.pack("=q", value), 0)

    def close(self):
        os.close(self.fd)
        os.remove(self.path)


def descriptors(node):
    """How many the process has open."""
    return len(os.listdir(f"/proc/{node.process.pid}/fd"))


def await_that(condition, timeout_s, what, describe=lambda: ""):
    """Asks now and then until it holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}. {describe()}"
        time.sleep(0.02)
