#!/usr/bin/python3
"""afd_vectors holds the node to vector files: to ours, which restate the rules of the public AFD
contract, and to none that it does not keep."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
TIMEOUT_S = 120


def run(path):
    done = subprocess.run([os.environ["AFD_VECTORS_BIN"], str(path)], capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    return done.returncode, done.stdout, done.stderr


class Vectors(unittest.TestCase):
    def test_the_node_keeps_ours(self):
        files = sorted(VECTORS.glob("*.json"))
        self.assertGreater(len(files), 2)
        for path in files:
            with self.subTest(path.name):
                code, out, err = run(path)
                self.assertEqual(code, 0, out + err)
                self.assertRegex(out, r"(?m)^passed [1-9]\d*, failed 0, total [1-9]\d*(; not run 1)?$")

    def test_what_it_does_not_keep_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, change in {
                "inputs.json": lambda f: f["cases"][0]["tests"][0]["data"].pop("limit"),
                "references.json": lambda f: f["conditions"][0].update(expected=False),
                "parts.json": lambda f: f["batch"][0]["expected"].update(peakConcurrency=1),
            }.items():
                vectors = json.loads((VECTORS / name).read_text())
                change(vectors)
                path = pathlib.Path(folder) / name
                path.write_text(json.dumps(vectors))
                code, out, _ = run(path)
                self.assertEqual(code, 1, name)
                self.assertTrue(re.search(r"(?m)^FAIL ", out) and "failed 1," in out, out)
            codes = pathlib.Path(folder) / "codes.json"
            codes.write_text('{"codes":["TIMEOUT","NO_SUCH_CODE"]}')
            self.assertEqual(run(codes)[0], 1)

    def test_what_is_no_vector_file_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ("{}", "[", "[]"):
                path = pathlib.Path(folder) / "none.json"
                path.write_text(text)
                self.assertEqual(run(path)[0], 2, text)
            self.assertEqual(run(pathlib.Path(folder) / "absent.json")[0], 2)


if __name__ == "__main__":
    unittest.main()
