"""A running `interviewlens serve`, its HTTP interface and what it uses."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import engines

READY = re.compile(r"ready at (http://\S+)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
START_S = 60
FINAL = ("completed", "partial", "failed")


class Service:
    """The service over one data directory; it can be killed and started again."""

    def __init__(self, name, options, folder):
        self.program, self.data, self.log = options.program, Path(folder) / "data", Path(folder) / "log"
        self.settings = engines.settings(name, options)
        self.process = self.url = None
        self.peak_mb = self.cpu_s = 0.0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill(signal.SIGTERM)

    def start(self):
        """Starts it and waits until it takes requests."""
        env = engines.environment(**self.settings, DATA_DIR=str(self.data), PORT="0", RUST_LOG="info,engines=debug")
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.program, "serve"], env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            found = READY.search(self.lines(begin))
            if found:
                self.url = found[1].rstrip("/")
                return
            time.sleep(0.1)
        self.kill(signal.SIGKILL)
        raise engines.Failed(f"the service does not start: {self.lines(begin)[-500:]}")

    def lines(self, begin=0):
        """What it has logged since a place in the log."""
        return COLOUR.sub("", self.log.read_bytes()[begin:].decode(errors="replace"))

    def kill(self, with_signal=signal.SIGKILL):
        """Ends it and waits for its end."""
        if self.process and self.process.poll() is None:
            self.usage()
            self.process.send_signal(with_signal)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def usage(self):
        """The processor seconds of this process and its children so far; remembers the
        peak of their memory."""
        ticks = peak_kb = 0
        for pid in family(self.process.pid):
            try:
                fields = (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()
                found = re.search(r"VmHWM:\s+(\d+) kB", (Path("/proc") / pid / "status").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # a child that has just ended
            ticks += sum(map(int, fields[11:15]))
            peak_kb += int(found[1]) if found else 0
        self.cpu_s = ticks / os.sysconf("SC_CLK_TCK")
        self.peak_mb = max(self.peak_mb, peak_kb / 1024)
        return self.cpu_s

    def call(self, path, method="GET", body=None, headers=None):
        """A request; its JSON, or nothing."""
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise engines.Failed(f"{method} {url}: {error.code} {error.read()[:300]!r}") from error

    def upload(self, path):
        """Creates an interview with a recording; its id."""
        audio = {"filename": path.name, "content_type": "application/octet-stream", "size_bytes": path.stat().st_size}
        body = json.dumps({"title": path.stem, "audio": audio}).encode()
        created = self.call("/v1/interviews", "POST", body, {"content-type": "application/json"})
        upload = created["upload"]
        self.call(upload["url"], "PUT", path.read_bytes(), upload["headers"])
        return created["id"]

    def interview(self, ident):
        """The interview without its large parts."""
        return self.call(f"/v1/interviews/{ident}?fields=")

    def transcript(self, ident):
        """The transcript, or None where there is none."""
        try:
            return self.call(f"/v1/interviews/{ident}/transcript")
        except engines.Failed:
            return None

    def watch(self, idents, until, every_s=0.5, longest_s=4 * 3600):
        """Polls interviews until `until({id: interview})` holds; returns them."""
        deadline = time.monotonic() + longest_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise engines.Failed(f"the service ended with {self.process.returncode}: {self.lines()[-500:]}")
            self.usage()
            found = {ident: self.interview(ident) for ident in idents}
            if until(found):
                return found
            time.sleep(every_s)
        raise engines.Failed(f"not finished after {longest_s} s")


def family(pid):
    """A process and those below it, as names of folders in `/proc`."""
    found = [str(pid)]
    for parent in found:
        for children in (Path("/proc") / parent / "task").glob("*/children"):
            try:
                found += children.read_text().split()
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def all_final(interviews):
    """Whether every interview is settled."""
    return all(interview["status"] in FINAL for interview in interviews.values())


def conclude(checks):
    """Prints [(what, measured, whether it is met)]; the exit code."""
    for what, measured, met in checks:
        print(f"{'met   ' if met else 'MISSED'} {what}: {measured}", flush=True)
    return int(not all(met for *_, met in checks))
