"""`scripts/setup` on a machine that lacks everything, with stubs that record what is run.

`python3 -m unittest discover -s tools/script_tests`; `scripts/check` runs it."""
import os
import pty
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the script itself needs; the rest of the machine is hidden from it.
TOOLS = ["bash", "dirname", "env", "realpath", "sed"]
WANTED = ["cc", "cmake", "curl", "jq", "python3", "ps", "ffmpeg", "pocketsphinx", "cargo"]
FILES = ["/usr/share/pocketsphinx/model/en-us", "/etc/ssl/certs/ca-certificates.crt"]


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = Path(folder.name) / "bin"
        self.bin.mkdir()
        self.log = Path(folder.name) / "log"
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.stub("id", "echo 0")
        self.stub("apt-get", 'echo "apt-get $*" >>"$LOG"')
        self.stub("curl", 'echo "curl $*" >>"$LOG"')
        self.stub("sh", 'echo "sh $*" >>"$LOG"')
        self.environment = {"PATH": str(self.bin), "HOME": folder.name, "LOG": str(self.log)}

    def stub(self, name, body=""):
        path = self.bin / name
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)

    def run_setup(self, *arguments, **options):
        command = [ROOT / "scripts/setup", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20,
                              check=False, **{"stdin": subprocess.DEVNULL, **options})

    def in_terminal(self, answer, *arguments):
        """The exit code and what the terminal showed."""
        try:
            terminal, own = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminals here: {error}")
        os.write(terminal, answer.encode() + b"\n")
        process = subprocess.Popen([ROOT / "scripts/setup", *arguments], env=self.environment, stdin=own,
                                   stdout=own, stderr=own)
        os.close(own)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # Linux says this when the other end is closed
            pass
        os.close(terminal)
        return process.wait(timeout=20), shown.decode()

    def commands(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def installed(self):
        """The arguments of `apt-get install`."""
        return next((line.split() for line in self.commands() if line.startswith("apt-get install")), [])

    def test_lists_before_it_installs_without_a_terminal(self):
        self.stub("apt-get", 'echo "running apt-get $1" >&2; echo "apt-get $*" >>"$LOG"')
        result = self.run_setup("node=nodejs", "/absent/font.ttc=fonts-absent")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue({"build-essential", "cmake", "nodejs", "fonts-absent"} <= set(self.installed()))
        listed, _, _ = result.stderr.partition("running apt-get")
        for package in self.installed()[self.installed().index("--no-install-recommends") + 1:]:
            self.assertIn(f" {package}", listed)
        self.assertIn("Rust, by rustup", listed)
        self.assertTrue(any(line.startswith("sh -s -- -y --profile minimal") for line in self.commands()))

    def test_asks_in_a_terminal_and_no_installs_nothing(self):
        code, shown = self.in_terminal("n")
        self.assertEqual(code, 1, shown)
        self.assertIn("build-essential", shown)
        self.assertIn("Install them now?", shown)
        self.assertIn("nothing was installed", shown)
        self.assertEqual(self.commands(), [])

    def test_an_empty_answer_installs(self):
        code, shown = self.in_terminal("")
        self.assertEqual(code, 0, shown)
        self.assertIn("Install them now?", shown)
        self.assertIn("build-essential", self.installed())

    def test_does_not_ask_with_yes_or_in_ci(self):
        code, shown = self.in_terminal("n", "--yes", "node=nodejs")
        self.assertEqual(code, 0, shown)
        self.assertNotIn("Install them now?", shown)
        self.assertIn("nodejs", self.installed())
        self.log.unlink()
        self.environment["CI"] = "true"
        code, shown = self.in_terminal("n")
        self.assertEqual(code, 0, shown)
        self.assertIn("build-essential", self.installed())

    def test_without_root_it_uses_sudo_and_says_so(self):
        self.stub("id", "echo 1000")
        result = self.run_setup()
        self.assertEqual(result.returncode, 2)
        self.assertIn("no sudo; install these packages by hand: build-essential", result.stderr)
        self.assertEqual(self.commands(), [])
        self.stub("sudo", 'echo "sudo $1" >>"$LOG"; exec "$@"')
        result = self.run_setup()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("by sudo apt-get: build-essential", result.stderr)
        self.assertIn("sudo apt-get", self.commands())

    @unittest.skipUnless(all(Path(file).exists() for file in FILES), "needs the offline engine's model")
    def test_says_nothing_when_nothing_is_missing(self):
        for program in WANTED:
            if program != "curl":
                self.stub(program)
        result = self.run_setup("curl", f"{FILES[1]}=other-package")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(self.commands(), [])


if __name__ == "__main__":
    unittest.main()
