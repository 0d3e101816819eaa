"""The table: every chosen engine on every chosen recording."""
import json
import sys
import tempfile
from pathlib import Path

from . import engines, metrics, models, recordings, targets

ENGINES = ["pocketsphinx", *models.NAMES, engines.DIARIZATION]
PEERS = [name for model in models.CT2_PACKAGES for name in (f"{model}{engines.WORDS_ONLY}", f"{engines.FASTER}{model}")]
COLUMNS = ["recording", "engine", "WER %", "DER %", "DER % (collar 0.25 s)", "speakers", "right speaker %",
           "core-s/s", "wall s", "× real time", "peak MB"]


def measured(recording, name, run):
    """One row."""
    row = {"recording": recording.name, "engine": name, "seconds": recording.seconds,
           "wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mb": run.peak_mb, "reference": recording.reference,
           "text": " ".join(text for _, text in metrics.turns_of(run.transcript)),
           "wer": None, "der": None, "der_collar": None, "right_speaker": None, "speakers": None, "speakers_true": None}
    hypothesis = metrics.turns_of(run.transcript)
    if name != engines.DIARIZATION:
        row["wer"] = 100 * metrics.word_error_rate(recording.turns, hypothesis)
    if name.startswith(engines.FASTER) or name.endswith(engines.WORDS_ONLY):
        return row
    segments = metrics.segments_of(run.transcript)
    for column, collar_s in (("der", 0), ("der_collar", metrics.COLLAR_S)):
        row[column] = 100 * metrics.diarization_error_rate(recording.segments, segments, recording.seconds,
                                                           collar_s, recording.labelled)
    if recording.reference != "exact":
        # People have labelled when each speaks. The text of misheard words does not say
        # whose they are.
        labels = recording.labelled or recording.segments
        right = metrics.right_speaker_by_times(labels, metrics.words_of(run.transcript))
    else:
        right = metrics.right_speaker_by_words(recording.turns, hypothesis)
    row["right_speaker"] = None if right is None else 100 * right
    row["speakers"] = len({speaker for _, _, speaker in segments})
    row["speakers_true"] = len({speaker for _, _, speaker in recording.segments})
    return row


def cells(row):
    number = lambda value, digits=1: "–" if value is None else f"{value:.{digits}f}"
    speakers = "–" if row["speakers"] is None else f"{row['speakers']} of {row['speakers_true']}"
    return [row["recording"], row["engine"], number(row["wer"]) + (" *" if row["wer"] is not None and row["reference"] == "base" else ""),
            number(row["der"]), number(row["der_collar"]), speakers, number(row["right_speaker"]),
            number(row["cpu_s"] / row["seconds"], 3), number(row["wall_s"]),
            number(row["seconds"] / row["wall_s"]), number(row["peak_mb"], 0)]


def line(columns):
    print("| " + " | ".join(columns) + " |", flush=True)


def best_runs(names, recording, options):
    """{engine: its run, or why there is none}. What has a target of time is run several
    times, in turns with what it is compared with, so that a slower minute of the machine
    meets all of them; the run with the least wall time counts."""
    best = {}
    for turn in range(options.runs):
        for name in names:
            if turn > 0 and not targets.is_timed(recording.name, name):
                continue
            if isinstance(best.get(name), Exception):
                continue
            try:
                run = engines.transcribe(name, recording, options)
            except (models.Missing, engines.Failed) as error:
                best[name] = error
                continue
            if name not in best or run.wall_s < best[name].wall_s:
                best[name] = run
    return best


def chosen_engines(options):
    """The engines in the order of the table: what is compared one after the other."""
    names = []
    for name in options.engines:
        names.append(name)
        if options.with_faster_whisper and name in models.CT2_PACKAGES:
            names += [f"{name}{engines.WORDS_ONLY}", f"{engines.FASTER}{name}"]
    return list(dict.fromkeys(names))


def run(options):
    """Prints the table and which targets are met; returns the exit code."""
    rows, skipped = {}, []
    names = chosen_engines(options)
    with tempfile.TemporaryDirectory() as folder:
        line(COLUMNS)
        line(["---", "---", *["--:"] * (len(COLUMNS) - 2)])
        for recording in recordings.build(options.recordings, Path(folder)):
            here = []
            for name in names:
                if name.endswith(engines.WORDS_ONLY) and recording.name not in targets.COMPARED:
                    if name in options.engines:
                        skipped.append((recording.name, name, "measured on long recordings alone"))
                else:
                    here.append(name)
            for name, found in best_runs(here, recording, options).items():
                if isinstance(found, Exception):
                    skipped.append((recording.name, name, found))
                    continue
                rows[recording.name, name] = row = measured(recording, name, found)
                line(cells(row))
    print("\nThe error rate of the diarization is that of its segments; an engine's, that of its words, between which "
          f"pauses under {metrics.PAUSE_S} s are closed.")
    if "call" in options.recordings:
        print("\n\\* against base's own text, `samples/call.base.txt`: no human has transcribed the call")
    if options.json:
        Path(options.json).write_text(json.dumps(list(rows.values()), indent=1) + "\n")
    code = targets.report(rows, options.recordings)
    failed = any(isinstance(error, engines.Failed) for *_, error in skipped)
    for recording, engine, error in skipped:
        print(f"skipped: {recording} with {engine}: {error}", file=sys.stderr)
    print(f"{len(rows)} measured, {len(skipped)} skipped")
    return code or int(failed)
