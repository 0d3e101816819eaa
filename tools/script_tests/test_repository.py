"""What stands in two places of the repository is the same in both."""
import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def lines(name):
    """The lines of a file that are no comments."""
    return [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]


class Workflows(unittest.TestCase):
    def test_actions_are_pinned_to_commits_and_rights_are_small(self):
        self.assertTrue(WORKFLOWS)
        for path in WORKFLOWS:
            with self.subTest(workflow=path.name):
                text = path.read_text()
                self.assertIn("\npermissions:\n  contents: read\n", text)
                self.assertNotRegex(text, r"(?m)^ +[a-z-]+: write$")
                used = re.findall(r"uses: (\S+)(.*)", text)
                for action, comment in used:
                    self.assertRegex(action, r"^[\w.-]+/[\w.-]+@[0-9a-f]{40}$")
                    self.assertRegex(comment, r"^ # v\d+\.\d+\.\d+$")

    def test_they_run_the_scripts(self):
        text = (ROOT / ".github/workflows/ci.yml").read_text()
        self.assertIn("run: .ci/run\n", text)
        self.assertIn("run: scripts/demo\n", text)
        self.assertIn("exec scripts/test\n", (ROOT / ".ci/run").read_text())

    def test_rust_is_the_release_of_the_image(self):
        image = re.search(r"^FROM rust:([\d.]+)-", (ROOT / "Dockerfile").read_text(), flags=re.M)
        workflow = re.search(r'RUST_VERSION: "([\d.]+)"', (ROOT / ".github/workflows/ci.yml").read_text())
        self.assertEqual(image[1], workflow[1])


class Version(unittest.TestCase):
    def test_it_is_one_and_stands_in_the_changelog(self):
        manifest = (ROOT / "Cargo.toml").read_text()
        version = re.search(r'\[workspace\.package\]\nversion = "(.+)"', manifest)[1]
        self.assertNotEqual(version, "0.0.0")
        for path in ROOT.glob("*/*/Cargo.toml"):
            if path.parent.parent.name != "target":
                self.assertIn("\nversion.workspace = true\n", path.read_text(), path)
        description = json.loads((ROOT / "functions/api/openapi.json").read_text())
        self.assertEqual(description["info"]["version"], version)
        self.assertIn(f"\n## {version}\n", (ROOT / "CHANGELOG.md").read_text())


class Lists(unittest.TestCase):
    def test_cloud_build_is_sent_what_docker_is_given(self):
        self.assertEqual(lines(".dockerignore"), lines(".gcloudignore"))

    def test_each_decision_has_its_parts_and_stands_in_the_list(self):
        folder = ROOT / "docs/decisions"
        listed = (folder / "README.md").read_text()
        files = sorted(folder.glob("[0-9]*.md"))
        self.assertTrue(files)
        for number, path in enumerate(files, 1):
            with self.subTest(decision=path.name):
                text = path.read_text()
                title = re.match(rf"# {number}\. (.+)\n\nStatus: .+\n", text)
                self.assertTrue(path.name.startswith(f"{number:04}-"))
                self.assertIsNotNone(title)
                self.assertIn(f"| {number} | [{title[1]}]({path.name}) |", listed)
                parts = re.findall(r"^## (.+)$", text, flags=re.M)
                self.assertEqual(parts, ["Context", "Decision", "Consequences", "We would change it when"])

    def test_each_recipe_of_the_justfile_names_a_script_that_exists(self):
        scripts = re.findall(r"^    (scripts/[\w/-]+)", (ROOT / "justfile").read_text(), flags=re.M)
        self.assertTrue(scripts)
        for script in scripts:
            self.assertTrue((ROOT / script).is_file(), script)

    def test_the_readme_is_two_screens(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text()), 14_000)


if __name__ == "__main__":
    unittest.main()
