"""The engines, each run on one recording in a process of its own."""
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import models, recordings

HERE = Path(__file__).resolve().parent
FASTER = "faster-whisper-"
DIARIZATION = "diarization"
WORDS_ONLY = "-words"  # an engine without diarization, which faster-whisper does not have either
# The user's own settings must not change what is measured.
SETTINGS = ("TRANSCRIBER", "WHISPER_MODEL", "DIARIZATION", "ANALYZER", "MODEL_FETCH", "ALLOW_FALLBACK", "RUST_LOG",
            "DATA_DIR", "PORT", "AUTH")
LONGEST_RUN_S = 3600


class Failed(Exception):
    """A run that ended with an error; the text has its last lines."""


@dataclass
class Run:
    """What one run used and made."""
    wall_s: float
    cpu_s: float
    peak_mb: float
    transcript: dict


def environment(**settings):
    """The environment of a run: without settings other than those given, and without
    downloads, which would be measured."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "ANALYZER": "extractive", "MODEL_FETCH": "off", **settings}


def settings(name, options):
    """The settings that choose an engine."""
    if name == "pocketsphinx":
        return {"TRANSCRIBER": "pocketsphinx"}
    if name.endswith(WORDS_ONLY):
        return {**settings(name.removesuffix(WORDS_ONLY), options), "DIARIZATION": "off"}
    return {"TRANSCRIBER": "whisper", "WHISPER_MODEL": models.whisper(name, options.models, options.program)}


def measure(command, env):
    """Runs a command; what it used."""
    launched = [sys.executable, "-I", "-S", HERE / "launch.py", *command]
    done = subprocess.run([str(part) for part in launched], env=env, capture_output=True, text=True,
                          timeout=LONGEST_RUN_S, check=False)
    lines = done.stdout.strip().splitlines()
    used = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {"exit": done.returncode}
    if used["exit"]:
        raise Failed(f"exit code {used['exit']}: {' | '.join([*lines[-4:-1], done.stderr.strip()[-300:]])}")
    return used


def transcribe(name, recording, options):
    """One engine on one recording."""
    with tempfile.TemporaryDirectory() as folder:
        if name.startswith(FASTER):
            return faster_whisper(name.removeprefix(FASTER), recording, Path(folder), options)
        if name == DIARIZATION:
            return diarization(recording, Path(folder), options)
        command = [options.program, "process", recording.path, "--out", folder]
        used = measure(command, environment(**settings(name, options)))
        transcript = json.loads((Path(folder) / "transcript.json").read_text())
    return Run(used["wall_s"], used["cpu_s"], used["peak_mb"], transcript)


def faster_whisper(model, recording, folder, options):
    """faster-whisper; its wall time is that of loading and recognising, without the
    start of Python."""
    out = folder / "out.json"
    command = [sys.executable, HERE / "faster_whisper_child.py", models.ct2(model, options.cache), recording.path, out]
    used = measure(command, environment(OMP_NUM_THREADS="2", HF_HUB_OFFLINE="1"))
    result = json.loads(out.read_text())
    transcript = {"turns": [{"speaker": 0, "text": result["text"]}], "words": [], "speakers": []}
    return Run(result["load_s"] + result["transcribe_s"], used["cpu_s"], used["peak_mb"], transcript)


def diarization(recording, folder, options):
    """Diarization alone: its segments, overlap included, which a transcript's words do
    not have."""
    program, out = options.program.parent / "examples" / "diarize", folder / "out.rttm"
    if not program.exists():
        raise models.Missing(f"there is no {program}")
    used = measure(["sh", "-c", 'exec "$0" "$1" >"$2"', program, recording.path, out], environment())
    segments = [{"start_ms": 1000 * start, "end_ms": 1000 * end, "speaker": speaker}
                for start, end, speaker in recordings.rttm(out)]
    return Run(used["wall_s"], used["cpu_s"], used["peak_mb"], {"turns": [], "words": [], "segments": segments})
