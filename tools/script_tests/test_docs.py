"""The links between the documents lead somewhere."""
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"^```.*?^```", flags=re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text):
    """Of each heading, as GitHub and its like make them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Links(unittest.TestCase):
    def test_each_leads_to_a_file_and_a_heading(self):
        names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT,
                               capture_output=True, text=True, check=True).stdout.split()
        found = 0
        for name in (name for name in names if (ROOT / name).exists()):
            text = (ROOT / name).read_text()
            for link in LINK.findall(CODE.sub("", text)):
                if re.match(r"[a-z]+:", link):
                    continue
                found += 1
                path, _, anchor = link.partition("#")
                target = (ROOT / name).parent / path if path else ROOT / name
                with self.subTest(document=name, link=link):
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(target.read_text()))
        self.assertGreater(found, 0)


if __name__ == "__main__":
    unittest.main()
