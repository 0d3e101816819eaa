"""scripts/ops/prove-on-google with gcloud, terraform and cargo that only take notes."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$(basename "$0") $*" in
  "gcloud pubsub topics describe"*) exit "$TOPIC_MISSING" ;;
  "gcloud config get-value account"*) echo me@example.com ;;
  terraform*" destroy "*) exit "${DESTROY_CODE:-0}" ;;
  cargo*--no-run*) ;;
  cargo*)
    cat "$GOOGLE_APPLICATION_CREDENTIALS" >"$CALLS.credentials"
    env >"$CALLS.env"
    cat "$TESTS"
    exit "$TESTS_CODE"
    ;;
esac
"""
KEPT = """test objects::empty_object_is_stored ... ok
test objects::every_promise_is_in_the_list ... ok
test objects::long_list_is_complete has been running for over 60 seconds
found: the length range of a resumable upload is enforced: true (400 Bad Request)
"""


class ProveOnGoogle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()
        for name in ("gcloud", "terraform", "cargo"):
            fake = self.folder / "bin" / name
            fake.write_text(FAKE)
            fake.chmod(0o755)
        (self.folder / "adc.json").write_text('{"type": "authorized_user"}')

    def run_script(self, *arguments, tests=KEPT, code=0, topic_missing=1):
        (self.folder / "tests").write_text(tests)
        environment = os.environ | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "CALLS": str(self.folder / "calls"),
            "TESTS": str(self.folder / "tests"),
            "TESTS_CODE": str(code),
            "TOPIC_MISSING": str(topic_missing),
            "GRANTS_WAIT_S": "0",
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.folder / "adc.json"),
            "STORAGE_EMULATOR_HOST": "127.0.0.1:1",
        }
        return subprocess.run([ROOT / "scripts/ops/prove-on-google", *arguments], env=environment,
                              capture_output=True, text=True, timeout=60, check=False)

    def calls(self):
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def test_a_dry_run_calls_nothing_and_says_what_it_costs(self):
        done = self.run_script("--dry-run", "a-project")
        self.assertEqual((done.returncode, self.calls()), (0, []), done.stderr)
        self.assertIn("less than one euro", done.stdout)
        for command in ("apply", "+ gcloud tasks queues create", "+ cargo test", "destroy"):
            self.assertIn(command, done.stdout)

    def test_the_tests_run_as_the_account_and_everything_is_deleted(self):
        done = self.run_script("a-project", "europe-west3")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"objects: empty object is stored +kept")
        self.assertIn("found: the length range", done.stdout)
        self.assertNotIn("every promise", done.stdout)
        self.assertNotIn("BROKEN", done.stdout)
        credentials = json.loads((self.folder / "calls.credentials").read_text())
        self.assertEqual(credentials["source_credentials"], {"type": "authorized_user"})
        self.assertRegex(credentials["service_account_impersonation_url"],
                         r"prove-[0-9a-f]{6}-api@a-project.iam.gserviceaccount.com:generateAccessToken$")
        given = dict(line.split("=", 1) for line in (self.folder / "calls.env").read_text().splitlines() if "=" in line)
        self.assertNotIn("STORAGE_EMULATOR_HOST", given)
        self.assertRegex(given["GCS_BUCKET_NAME"], r"^a-project-prove-[0-9a-f]{6}-uploads$")
        apply = next(call for call in self.calls() if call.startswith("terraform") and " apply " in call)
        self.assertIn("-target=google_firestore_database.this", apply)
        self.assertGreater(apply.count("-target=google_firestore_index."), 3)
        last = self.calls()[-3:]
        self.assertTrue(last[0].startswith("gcloud tasks queues delete"), last)
        self.assertTrue(last[1].startswith("gcloud pubsub subscriptions delete"), last)
        self.assertIn(" destroy ", last[2])

    def test_a_broken_promise_is_named_and_everything_is_deleted(self):
        broken = KEPT.replace("stored ... ok", "stored ... FAILED") + "failures:\n    the reason\n"
        done = self.run_script("a-project", tests=broken, code=101)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"objects: empty object is stored +BROKEN")
        self.assertIn("the reason", done.stdout)
        self.assertIn(" destroy ", self.calls()[-1])

    def test_what_could_not_be_deleted_is_an_error(self):
        os.environ["DESTROY_CODE"] = "1"
        self.addCleanup(os.environ.pop, "DESTROY_CODE")
        done = self.run_script("a-project")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("not everything could be deleted", done.stderr)

    def test_a_project_with_a_deployment_is_refused(self):
        done = self.run_script("a-project", topic_missing=0)
        self.assertEqual(done.returncode, 2)
        self.assertIn("a project without one", done.stderr)
        self.assertEqual(len(self.calls()), 1)


if __name__ == "__main__":
    unittest.main()
