"""The shape of the sources: includes go one way only, headers stay light, files and lines short."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Each may use those named: a node's layers those before it; programs that speak to one only what
# is said on the wire.
USES = {
    "model": [],
    "storage": ["model"],
    "actors": ["model", "storage"],
    "net": ["model", "storage", "actors"],
    "client": ["model"],
    "app": ["model", "storage", "actors", "net", "client"],
    "cli": ["model", "client"],
}
ASIO_NAMES = "net/asio.hpp"  # for client and what uses it, too
OTHERS = ["tests", "bench"]  # may use every layer
LINES_MAX = 400
ANY_LENGTH = {"model/limits.hpp"}  # a table: all bounds stand in one place
COLUMNS_MAX = 100

# folder -> includes it must not have, and why
FORBIDDEN = {
    "model": (r"caf/|boost/|rocksdb/", "model is plain nouns"),
    "storage": (r"caf/|boost/", "storage knows no actors and no sockets"),
    "actors": (r"boost/|rocksdb/", "actors know no sockets and no store"),
    "net": (r"rocksdb/", "net knows no store"),
}
# headers that cost every includer seconds; a .cpp may have them
HEAVY = r"caf/all\.hpp|boost/beast\.hpp"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems_in_include(folder, is_header, quote, target):
    owner = target.split("/")[0]
    if quote == '"' and folder in USES:
        if owner not in USES:
            yield f'"{target}": ours are included from the root, as "model/limits.hpp"; others in <>'
        elif owner not in USES[folder] + [folder] and not (
                target == ASIO_NAMES and folder in ("client", "cli")):
            yield f'"{target}": {folder} must not see {owner}'
    if quote == "<" and (ROOT / target).is_file():
        yield f'<{target}>: ours are included with ""'
    if folder in FORBIDDEN and re.match(FORBIDDEN[folder][0], target):
        yield f"<{target}>: {FORBIDDEN[folder][1]}"
    if is_header and folder in USES and re.fullmatch(HEAVY, target):
        yield f"<{target}>: too heavy for a header"


def problems_in(path):
    folder = path.relative_to(ROOT).parts[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LINES_MAX and str(path.relative_to(ROOT)) not in ANY_LENGTH:
        yield 1, f"{len(lines)} lines, at most {LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        if found := INCLUDE.match(line):
            for problem in problems_in_include(folder, path.suffix == ".hpp", *found.groups()):
                yield number, problem


def sources():
    for folder in [*USES, *OTHERS]:
        for pattern in ("*.hpp", "*.cpp"):
            found = (ROOT / folder).rglob(pattern)
            yield from sorted(p for p in found if "node_modules" not in p.parts)


def main():
    count = bad = 0
    for path in sources():
        count += 1
        for number, problem in problems_in(path):
            bad += 1
            print(f"{path.relative_to(ROOT)}:{number}: {problem}")
    print(f"layers: {count} files, {bad} problems")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
