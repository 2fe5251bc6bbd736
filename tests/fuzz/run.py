"""Runs the fuzzers, four at a time, and says in a line each what came of it. See ./dev help.

What they learn is kept in build/fuzz/corpus and goes on from there; the seeds of tests/fuzz/seeds
are only read. An input that broke something is kept in build/fuzz/found.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "fuzz"
AT_ONCE = 4  # twice the cores of a small machine: a minute each, in half the time
PROGRESS_S = 10
# An input that takes longer, or a fuzzer that needs more, is a finding.
LIMITS = ["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=64"]


class Run:
    """One fuzzer at work; its own output goes to a log."""

    def __init__(self, name, seconds):
        self.name = name
        corpus = BUILD / "corpus" / name
        found = BUILD / "found"
        for directory in (corpus, found):
            directory.mkdir(parents=True, exist_ok=True)
        self.log = BUILD / f"{name}.log"
        words = HERE / "words" / f"{name}.dict"
        command = [BUILD / "bin" / f"{name}_fuzz", f"-max_total_time={seconds}", *LIMITS,
                   "-print_final_stats=1", f"-artifact_prefix={found}/{name}-",
                   *([f"-dict={words}"] if words.exists() else []),
                   corpus, HERE / "seeds" / name]
        self.began = time.monotonic()
        environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                            env=environment)

    def over(self):
        return self.process.poll() is not None

    def failed(self):
        return self.process.returncode != 0

    def figures(self):
        """Inputs tried and edges of the code reached so far."""
        text = self.log.read_text(errors="replace")
        pulses = re.findall(r"^#(\d+)\s.*?cov: (\d+)", text, re.M)
        tried, coverage = (int(n) for n in pulses[-1]) if pulses else (0, 0)
        if done := re.search(r"^stat::number_of_executed_units:\s*(\d+)", text, re.M):
            tried = int(done[1])
        return tried, coverage

    def summary(self):
        tried, coverage = self.figures()
        seconds = time.monotonic() - self.began
        return (f"{self.name}_fuzz: {tried:,} inputs in {seconds:.0f} s, coverage {coverage}, "
                + ("FAILED" if self.failed() else "no crash"))

    def explain(self):
        """What a person needs to go on: the end of the log, the input, and how to run it again."""
        text = self.log.read_text(errors="replace")
        begin = re.search(r"^once: |^broken promise|^.*runtime error|^==\d+==", text, re.M)
        print("\n".join(text[begin.start() if begin else 0:].splitlines()[:40]))
        for file in re.findall(r"Test unit written to (\S+)", text):
            print(f"the input: {file}\nagain:     build/fuzz/bin/{self.name}_fuzz {file}")
        print(f"the log:   {self.log}", flush=True)


def fuzzers():
    return sorted(path.name.removesuffix("_fuzz.cpp") for path in HERE.glob("*_fuzz.cpp"))


def run_all(names, seconds):
    waiting, running, done = list(names), [], []
    told = time.monotonic()
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(Run(waiting.pop(0), seconds))
        time.sleep(0.2)
        for run in [run for run in running if run.over()]:
            running.remove(run)
            done.append(run)
            print(run.summary(), flush=True)
            if run.failed():
                run.explain()
        if running and time.monotonic() - told > PROGRESS_S:
            told = time.monotonic()
            print("  …", *(f"{run.name}: {run.figures()[0]:,} inputs" for run in running),
                  sep="  ", file=sys.stderr, flush=True)
    return done


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("name", nargs="*", help="of " + ", ".join(fuzzers()) + "; all without one")
    parser.add_argument("--seconds", type=int, default=60, help="for each (default 60)")
    options = parser.parse_args()
    if unknown := set(options.name) - set(fuzzers()):
        parser.error(f"no fuzzer {', '.join(sorted(unknown))}; there are {', '.join(fuzzers())}")
    done = run_all(options.name or fuzzers(), options.seconds)
    return 1 if any(run.failed() for run in done) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the fuzzers got it too
        sys.exit(130)
