"""What the table has to show."""
from . import engines

CLEAN = ["interview-stereo", "interview-mono", "interview-8khz"]
HARD = ["interview-noise", "interview-reverb"]
WITH_REFERENCE = [*CLEAN, *HARD, "three-voices", "four-voices", "read-speech", "telephone"]
DER = {"interview-mono": (6, 2), "telephone": (9, 2), "four-voices": (8, None), "call": (11, 2)}
COMPARED = ["interview-mono", "call"]  # with faster-whisper: long enough to measure
WITHOUT_SPEED_TARGET = ["five-voices"]  # measured, but more voices than the targets name
TIMED = ["base", f"base{engines.WORDS_ONLY}", f"{engines.FASTER}base"]
LARGEST_WALL_RATIO = 1.2
LEAST_REAL_TIME_FACTOR = 10
LARGEST_PEAK_MB = 600
LONG_ENOUGH_S = 60  # a shorter recording measures the start of the program


def is_timed(recording, engine):
    """Whether the time of `engine` on `recording` is compared with a target."""
    return engine in TIMED and recording not in WITHOUT_SPEED_TARGET


def checks(rows, names):
    """[(what, value or None, whether it is met or None)] for the recordings `names`;
    `rows` is {(recording, engine): row}. None means that it was not measured."""
    found = []

    def check(what, value, met, unit=""):
        shown = None if value is None else f"{value:.1f}{unit}" if isinstance(value, float) else f"{value}{unit}"
        found.append((what, shown, None if value is None else met(value)))

    def value(recording, column, engine="base"):
        row = rows.get((recording, engine))
        return None if row is None else row[column]

    def at_most(limit):
        return lambda measured: measured <= limit

    for name in names:
        wer, worst = value(name, "wer"), value(name, "wer", "pocketsphinx")
        limit = {**dict.fromkeys(CLEAN, 3), **dict.fromkeys(HARD, 8), "telephone": 20}.get(name)
        if limit:
            check(f"{name}: word error rate with base at most {limit} %", wer, at_most(limit), " %")
        if name in WITH_REFERENCE:
            share = 1 if name == "interview-stereo" else 0.25
            known = None if wer is None or worst is None else wer
            what = "not above pocketsphinx's" if share == 1 else "at most a quarter of pocketsphinx's"
            check(f"{name}: word error rate with base {what}", known, at_most((worst or 0) * share), " %")
        if name in DER:
            speaker_checks(name, value, check, at_most)
        check(f"{name}: words with the right speaker at least 98 % with base", value(name, "right_speaker"),
              lambda measured: measured >= 98, " %")
        speed_checks(name, rows, check, at_most)
    return found


def speaker_checks(name, value, check, at_most):
    """The segments of the diarization."""
    limit, with_collar = DER[name]
    alone = lambda column: value(name, column, engines.DIARIZATION)
    check(f"{name}: diarization error rate at most {limit} %", alone("der"), at_most(limit), " %")
    if with_collar:
        check(f"{name}: … with a collar at most {with_collar} %", alone("der_collar"), at_most(with_collar), " %")
    check(f"{name}: number of speakers", alone("speakers"), lambda found: found == alone("speakers_true"))


def speed_checks(name, rows, check, at_most):
    """Wall time with `base`, the model the targets name, and memory of every engine that was run."""
    for (recording, engine), row in rows.items():
        if recording != name or engine.startswith(engines.FASTER):
            continue
        if name in COMPARED and engine == f"base{engines.WORDS_ONLY}":
            peer = rows.get((name, f"{engines.FASTER}base"))
            ratio = row["wall_s"] / peer["wall_s"] if peer else None
            check(f"{name}: wall time of base without diarization at most {LARGEST_WALL_RATIO} times faster-whisper's", ratio,
                  at_most(LARGEST_WALL_RATIO))
        if engine == "base" and is_timed(name, engine) and row["seconds"] >= LONG_ENOUGH_S:
            check(f"{name}: {engine} at least {LEAST_REAL_TIME_FACTOR} times faster than real time",
                  row["seconds"] / row["wall_s"], lambda measured: measured >= LEAST_REAL_TIME_FACTOR)
        if engine not in ("pocketsphinx", engines.DIARIZATION):
            check(f"{name}: peak memory of {engine} under {LARGEST_PEAK_MB} MB", row["peak_mb"],
                  lambda measured: measured < LARGEST_PEAK_MB, " MB")


def report(rows, names):
    """Prints the checks; the exit code."""
    results = checks(rows, names)
    print("\n| target | measured | |\n| --- | --: | --- |")
    words = {True: "met", False: "**missed**", None: "not measured"}
    for what, measured, met in results:
        print(f"| {what} | {measured or '–'} | {words[met]} |")
    counts = {word: sum(met is key for _, _, met in results) for key, word in words.items()}
    print(f"\n{counts['met']} met, {counts['**missed**']} missed, {counts['not measured']} not measured")
    return int(counts["**missed**"] > 0)
