"""Every script explains itself and stands in the list of them."""
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").rglob("*") if path.is_file() and os.access(path, os.X_OK))


class Scripts(unittest.TestCase):
    def test_each_prints_its_help(self):
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                # From elsewhere, by a relative path, as people do.
                command = [os.path.relpath(script, ROOT / "docs"), "--help"]
                result = subprocess.run(command, cwd=ROOT / "docs", capture_output=True, text=True, timeout=20,
                                        stdin=subprocess.DEVNULL, check=False)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue(result.stdout.strip())

    def test_each_stands_in_the_list(self):
        listed = re.findall(r"^\| `(scripts/[\w/-]+)", (ROOT / "docs/scripts.md").read_text(), flags=re.M)
        self.assertEqual(sorted(listed), [str(script.relative_to(ROOT)) for script in SCRIPTS])


if __name__ == "__main__":
    unittest.main()
