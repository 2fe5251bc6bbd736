#!/usr/bin/python3
"""The Debian package in a bare Debian 12: installs, starts, upgrades and removes cleanly. As root; it
makes the system with debootstrap, in build/package-root, and keeps it for the next time. The
command lines of docs/ that are for root are run in it.

    tests/package_test.py FILE.deb"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
SYSTEM = ROOT / "build" / "package-root"
TIMEOUT_S = 900
URL = "http://127.0.0.1:3100"  # a chroot shares the network
SERVICE = ("setpriv", "--reuid=chatd", "--regid=chatd", "--clear-groups", "chatd", "--config",
           "/etc/chatd/chatd.toml", "--data", "/var/lib/chatd")


def say(text):
    print(f"package: {text}", flush=True)


def inside(*command, fails=False):
    """Runs it in the bare system; answers what it printed."""
    done = subprocess.run(["chroot", SYSTEM, *command], capture_output=True, text=True,
                          timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C",
                               "DEBIAN_FRONTEND": "noninteractive"})
    assert (done.returncode != 0) == fails, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def bare_system():
    if not (SYSTEM / "etc/debian_version").exists():
        say("making a bare Debian 12")
        shutil.rmtree(SYSTEM, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", SYSTEM], check=True,
                       stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", SYSTEM / "etc" / name)
    for file in pathlib.Path("/etc/apt/apt.conf.d").glob("*"):  # proxies
        shutil.copy(file, SYSTEM / "etc/apt/apt.conf.d" / file.name)
    inside("apt-get", "-q", "update")
    inside("sh", "-c", "apt-get -qy purge chatd || true")
    for left in ("etc/chatd", "var/lib/chatd"):
        assert not (SYSTEM / left).exists(), f"/{left} is there before"


def install(deb, *options):
    target = SYSTEM / "root" / deb.name
    shutil.copy(deb, target)
    return inside("apt-get", "install", "-y", "--no-install-recommends", *options,
                  f"/root/{deb.name}")


def documented(name):
    """Command lines of docs/ for root."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh root\n(.*?)^```", text, re.M | re.S)


class Service:
    """The service as its unit starts it, but for systemd."""

    def __enter__(self):
        self.process = subprocess.Popen(["chroot", SYSTEM, *SERVICE], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        assert URL in self.process.stdout.readline(), "it does not listen"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(60) == 0
        self.process.stdout.close()


def call(command, **params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": params}).encode()
    request = urllib.request.Request(URL + "/rpc", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        result = json.load(answer)["result"]
    assert result["success"], result
    return result["data"]


def check_files():
    listed = inside("dpkg", "-L", "chatd").split()
    for name in ("/usr/bin/chatd", "/usr/bin/afd", "/lib/systemd/system/chatd.service",
                 "/lib/systemd/system/chatd.socket", "/etc/chatd/chatd.toml",
                 "/usr/share/man/man1/chatd.1.gz", "/usr/share/man/man1/afd.1.gz",
                 "/usr/share/bash-completion/completions/afd"):
        assert name in listed, f"{name} is not in {listed}"
        # dpkg of a bare system may leave manual pages out.
        assert (SYSTEM / name[1:]).exists() or "/man/" in name, name
    owner = inside("stat", "-c", "%U:%G %a", "/var/lib/chatd").strip()
    assert owner == "chatd:chatd 700", owner
    assert "chatd:x:" in inside("getent", "passwd", "chatd")
    assert "0.1" in inside("chatd", "--version")
    assert "/etc/chatd/chatd.toml" in inside("dpkg-query", "-W", "-f=${Conffiles}", "chatd")


def later(deb):
    """The same package as the next version."""
    folder = deb.parent / "later"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-R", deb, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: (.*)$", r"Version: \1+1", control.read_text(), flags=re.M))
    built = deb.with_name("chatd-later.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, built], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)
    return built


def main():
    deb = pathlib.Path(sys.argv[1]).resolve()
    assert os.geteuid() == 0, "as root: it makes a system and changes into it"
    bare_system()
    say("installing")
    install(deb)
    check_files()
    inside("dpkg", "--verify", "chatd")
    for block in documented("operating.md"):
        for line in block.splitlines():
            if not line.startswith("apt-get install"):
                inside("setpriv", "--reuid=chatd", "--regid=chatd", "--clear-groups", *line.split())
    with Service():
        call("chat-send", roomId="general", text="kept")
        with urllib.request.urlopen(URL + "/", timeout=60) as page:
            assert b"<html" in page.read(), "no chat page"
        assert "kept" in inside("afd", "call", "chat-poll", "roomId=general", "--url", URL)

    say("upgrading")
    settings = SYSTEM / "etc/chatd/chatd.toml"
    settings.write_text(settings.read_text() + 'log-level = "warning"\n')
    install(later(deb), "-o", "Dpkg::Options::=--force-confold")
    assert settings.read_text().endswith('log-level = "warning"\n'), "settings were lost"
    assert "+1" in inside("dpkg-query", "-W", "-f=${Version}", "chatd")
    with Service():
        assert [m["text"] for m in call("chat-poll", roomId="general")["messages"]] == ["kept"]

    say("removing")
    inside("apt-get", "remove", "-y", "chatd")
    assert not (SYSTEM / "usr/bin/chatd").exists()
    assert settings.exists() and (SYSTEM / "var/lib/chatd/CURRENT").exists()
    inside("apt-get", "purge", "-y", "chatd")
    for left in ("etc/chatd", "var/lib/chatd", "lib/systemd/system/chatd.service"):
        assert not (SYSTEM / left).exists(), f"/{left} is left"
    inside("getent", "passwd", "chatd", fails=True)
    say("installs, starts, upgrades and removes cleanly")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    say(f"{time.monotonic() - began:.0f} s")
