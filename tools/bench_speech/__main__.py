"""Measures speech recognition and diarization of `interviewlens`, and checks the results."""
import argparse
import os
import sys
from pathlib import Path

from . import engines, models, recordings, scenarios, table

ROOT = recordings.ROOT
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "interviewlens" / "bench-speech"
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "interviewlens"
SCENARIOS = {"load": scenarios.load, "hour": scenarios.hour, "ten": scenarios.ten, "sounds": scenarios.sounds}


def listed(known):
    """A list separated by commas, each from the known names."""
    def parse(text):
        names = [name for name in text.split(",") if name]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"`{text}` must be of: {', '.join(known)}")
        return names
    return parse


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench/speech", description=__doc__)
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the binary; target/release/interviewlens")
    parser.add_argument("--models", type=Path,
                        help="a folder with ggml-NAME.bin; without it `interviewlens models fetch` is used")
    commands = parser.add_subparsers(dest="command")
    command = commands.add_parser("table", help="errors, times and memory by recording and engine (the default)")
    command.add_argument("--recordings", type=listed(recordings.NAMES), default=recordings.NAMES)
    command.add_argument("--engines", type=listed([*table.ENGINES, *table.PEERS]), default=table.ENGINES)
    command.add_argument("--with-faster-whisper", action="store_true",
                         help="runs faster-whisper with the same weights, too")
    command.add_argument("--runs", type=int, default=1, help="of what has a target of time the fastest of so many runs")
    command.add_argument("--json", help="a file for the rows, with what was recognised")
    command.set_defaults(run=table.run)
    for name, run in SCENARIOS.items():
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.add_argument("--engine", choices=["pocketsphinx", *models.NAMES], default="tiny.en" if name == "sounds" else "base")
        if name == "hour":
            command.add_argument("--minutes", type=int, default=60)
        command.set_defaults(run=run)
    return parser


def main():
    parser = arguments()
    options = parser.parse_args()
    if options.command is None:
        options = parser.parse_args([*sys.argv[1:], "table"])
    options.cache = CACHE
    if not options.program.is_file():
        parser.error(f"there is no {options.program}; build it with: cargo build --release -p local")
    try:
        return options.run(options)
    except (models.Missing, engines.Failed) as error:
        print(f"bench/speech: {error}", file=sys.stderr)
        return 1


sys.exit(main())
