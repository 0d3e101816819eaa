"""What a table of single recordings does not show: load, an hour with a crash, ten
recordings at once, and recordings without speech that can be recognised."""
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from . import audio, engines, recordings, service
from .targets import LARGEST_PEAK_MB

LARGEST_SLOWDOWN = 4
TEN = 10
GERMAN = ("Guten Tag und vielen Dank für die Einladung. Ich arbeite seit sieben Jahren in einer Bibliothek. "
          "Jeden Donnerstag zeige ich älteren Menschen, wie man einen Rechner bedient. "
          "Am liebsten mag ich den Augenblick, in dem jemand die richtige Antwort findet.")


def load(options):
    """Wall time beside two busy loops, as a ratio to that without."""
    with tempfile.TemporaryDirectory() as folder:
        recording = recordings.build(["interview-mono"], Path(folder))[0]
        idle = engines.transcribe(options.engine, recording, options)
        loops = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(2)]
        try:
            loaded = engines.transcribe(options.engine, recording, options)
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
    ratio = loaded.wall_s / idle.wall_s
    print(f"{recording.name} with {options.engine}: {idle.wall_s:.1f} s idle, {loaded.wall_s:.1f} s beside two busy loops")
    return service.conclude([(f"at most {LARGEST_SLOWDOWN} times the idle time", f"{ratio:.2f}",
                              ratio <= LARGEST_SLOWDOWN)])


def conversation(minutes, folder):
    """A long mono conversation: samples joined until the length is reached."""
    speech = recordings.SAMPLES / "speech"
    sources = [recordings.SAMPLES / "interview.flac", recordings.SAMPLES / "call.flac", speech / "telephone.flac"]
    pieces = [audio.level(audio.decode(path, 1)[:, 0]) for path in sources]
    length = minutes * 60 * audio.RATE
    joined = np.concatenate(pieces)
    return audio.write(folder / "conversation.wav", np.tile(joined, -(-length // len(joined)))[:length])


def hour(options):
    """A long recording, the service killed in its middle and started again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = conversation(options.minutes, folder)
        with service.Service(options.engine, options, folder) as running:
            return interrupted(running, running.upload(path), options.minutes * 60)


def interrupted(running, ident, seconds):
    """Kills the service at half of the transcription and follows the rest."""
    progress = lambda found: found[ident]["steps"]["transcription"].get("progress") or 0
    begin = time.monotonic()
    half = running.watch([ident], lambda found: progress(found) >= 50 or service.all_final(found))
    before, first_cpu = progress(half), running.cpu_s
    first_s = time.monotonic() - begin
    running.kill(signal.SIGKILL)
    print(f"killed at {before} % after {first_s:.0f} s, {first_cpu:.0f} core-seconds", flush=True)
    logged, log_before = running.log.stat().st_size, running.lines()
    running.start()
    begin = time.monotonic()
    resumed = running.watch([ident], lambda found: progress(found) not in (0, before) or service.all_final(found))
    waited_s = time.monotonic() - begin
    found = running.watch([ident], service.all_final)[ident]
    second_s = time.monotonic() - begin
    print(f"next progress {progress(resumed)} % after {waited_s:.0f} s, finished after {second_s:.0f} s, "
          f"{running.cpu_s:.0f} core-seconds; peak memory {running.peak_mb:.0f} MB", flush=True)
    # The rest of the recording at the first part's cost, and a third of all for the
    # window that was cut off, the diarization and the other steps.
    whole = first_cpu / (before / 100) if before else 0
    allowed = whole * (1 - before / 100 + 1 / 3)
    stored, resumed_at = windows("whisper.checkpoint", log_before), windows("whisper.resumed", running.lines(logged))
    transcript = running.transcript(ident) or {"words": []}
    last = max((word["end_ms"] for word in transcript["words"]), default=0) / 1000
    return service.conclude([
        ("the interview is completed", found["status"], found["status"] == "completed"),
        ("the transcript reaches the end", f"{last:.0f} of {seconds} s", last > seconds - 60),
        ("progress goes on where it was", f"{before} %, then {progress(resumed)} %", progress(resumed) >= before),
        ("core-seconds after the crash are those of the rest", f"{running.cpu_s:.0f} of at most {allowed:.0f}",
         running.cpu_s <= allowed),
        ("windows stored before the crash are not recognised again", f"{resumed_at} of {stored} skipped",
         0 < stored == resumed_at),
        (f"peak memory under {LARGEST_PEAK_MB} MB", f"{running.peak_mb:.0f} MB", running.peak_mb < LARGEST_PEAK_MB),
    ])


def windows(event, log):
    """The number of windows in the last line of the log with this event; 0 without one."""
    found = re.findall(rf'event="?{re.escape(event)}"? .*?windows=(\d+)', log)
    return int(found[-1]) if found else 0


def ten(options):
    """Ten recordings at once: which wait, and how much memory all take."""
    path = recordings.SAMPLES / "speech" / "telephone.flac"
    waiting = set()

    def settled(found):
        for ident, interview in found.items():
            if any((step or {}).get("waiting") for step in interview["steps"].values()):
                waiting.add(ident)
        return service.all_final(found)

    with tempfile.TemporaryDirectory() as folder, service.Service(options.engine, options, folder) as running:
        begin = time.monotonic()
        idents = [running.upload(path) for _ in range(TEN)]
        found = running.watch(idents, settled, every_s=0.2)
        seconds = time.monotonic() - begin
    done = sum(interview["status"] == "completed" for interview in found.values())
    return service.conclude([
        (f"all {TEN} are completed", f"{done} in {seconds:.0f} s", done == TEN),
        ("those that wait are shown as waiting", f"{len(waiting)} of {TEN}", bool(waiting)),
        (f"peak memory under {LARGEST_PEAK_MB} MB", f"{running.peak_mb:.0f} MB", running.peak_mb < LARGEST_PEAK_MB),
    ])


def sounds(options):
    """Recordings without speech that the model knows: no invented words, and it says so."""
    seconds = 30
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {
            "silence": audio.write(folder / "silence.wav", np.zeros(seconds * audio.RATE)),
            "music": audio.write(folder / "music.wav", audio.music(seconds)),
            "noise": audio.write(folder / "noise.wav", 0.05 * audio.pink_noise(seconds * audio.RATE, seed=3)),
            "German": folder / "german.wav",
        }
        subprocess.run(["espeak-ng", "-v", "de", "-w", files["German"], GERMAN], check=True)
        with service.Service(options.engine, options, folder) as running:
            idents = {what: running.upload(path) for what, path in files.items()}
            found = running.watch(idents.values(), service.all_final)
            checks = [judged(what, found[ident], running.transcript(ident)) for what, ident in idents.items()]
    return service.conclude(checks)


def judged(what, interview, transcript):
    """Whether a recording without usable speech is reported as one."""
    error = (interview["steps"]["transcription"].get("error") or {}).get("code")
    words = [word["text"] for word in (transcript or {}).get("words", [])]
    usable = (transcript or {}).get("usable") or {}
    warned = error == "no_speech" or usable.get("ok") is False
    reasons = ", ".join(map(str, usable.get("reasons") or [])) or "no reasons"
    shown = error or f"{len(words)} words ({' '.join(words[:6])}), usable {usable.get('ok')}: {reasons}"
    # Of speech in another language something is recognised; it has to be marked.
    return (f"{what}: no invented words, and a warning", shown, warned and (what == "German" or not words))
