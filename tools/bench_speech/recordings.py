"""The recordings of the table: from `samples/`, and derived from it, with what is said in
them and who speaks when."""
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import audio

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "samples"
NAMES = ["interview-stereo", "interview-mono", "interview-8khz", "interview-noise", "interview-reverb",
         "three-voices", "four-voices", "five-voices", "read-speech", "telephone", "call"]


@dataclass
class Recording:
    """`turns`: what is said, [(speaker, text)] in reading order. `segments`: who speaks
    when, [(start_s, end_s, speaker)]. `labelled`: the turns with
    their pauses, [(start_s, end_s, speaker)], where what lies outside of them is unknown."""
    name: str
    path: Path
    seconds: float
    turns: list
    segments: list
    reference: str = "exact"
    labelled: list | None = None


def rttm(path):
    """[(start_s, end_s, speaker)]"""
    rows = (line.split() for line in path.read_text().splitlines() if line.startswith("SPEAKER "))
    return [(float(row[3]), round(float(row[3]) + float(row[4]), 3), row[7]) for row in rows]


def stm(path):
    """[(start_s, end_s, speaker, text)]"""
    rows = (line.split(maxsplit=5) for line in path.read_text().splitlines() if line)
    return [(float(row[3]), float(row[4]), row[2], row[5]) for row in rows]


class Interview:
    """The bundled interview: two clean channels and their words."""

    def __init__(self):
        self.channels = audio.decode(SAMPLES / "interview.flac", 2)
        words = json.loads((SAMPLES / "interview.words.json").read_text())
        self.timed = [(turn["start_ms"] / 1000, turn["end_ms"] / 1000, turn["speaker"], turn["text"])
                      for turn in words["turns"]]
        self.turns = [(speaker, text) for _, _, speaker, text in self.timed]
        self.segments = [(start, end, speaker) for channel, speaker in enumerate(("interviewer", "candidate"))
                         for start, end in audio.speech_segments(self.channels[:, channel])]
        self.mono = self.channels.mean(axis=1)


class Mixer:
    """Pieces of recordings one after the other on one channel."""

    def __init__(self):
        self.pieces, self.turns, self.segments, self.end = [], [], [], 0.0

    def add(self, samples, start, end, turns, segments):
        """The piece from `start` to `end` of a recording, with what is known about it.
        A turn or segment belongs to the piece in which its middle lies."""
        piece = samples[int(start * audio.RATE): int(end * audio.RATE)]
        pause = np.zeros(audio.RATE // 2)
        within = lambda row: start <= (row[0] + row[1]) / 2 < end
        shift = self.end - start
        self.turns += [(row[2], row[3]) for row in filter(within, turns)]
        self.segments += [(max(row[0], start) + shift, min(row[1], end) + shift, row[2])
                          for row in filter(within, segments)]
        self.pieces += [piece, pause]
        self.end += (len(piece) + len(pause)) / audio.RATE

    def recording(self, name, path):
        return Recording(name, audio.write(path, np.concatenate(self.pieces)), self.end, self.turns, self.segments)


def reader():
    """The reading, its sentences and their times, one segment to a sentence."""
    samples = audio.level(audio.decode(SAMPLES / "speech" / "read-speech.flac", 1)[:, 0])
    # The reader's room is less quiet than the synthetic voices.
    segments = audio.speech_segments(samples, floor_db=-42)
    texts = (SAMPLES / "speech" / "read-speech.txt").read_text().splitlines()
    return samples, texts, [(start, end, "reader") for start, end in segments]


def sentences():
    """The sentences of the reading as pieces for a mixer."""
    samples, texts, spoken = reader()
    return [(samples, start - 0.2, end + 0.2, [(start, end, "reader", text)], spoken)
            for (start, end, _), text in zip(spoken, texts)]


def telephone_pieces(*parts):
    """Parts of the telephone conversation, [(start_s, end_s)], as pieces for a mixer."""
    samples = audio.level(audio.decode(SAMPLES / "speech" / "telephone.flac", 1)[:, 0])
    names = {"speaker90": "Diane", "speaker91": "Sheila"}
    spoken = [(start, end, names[speaker]) for start, end, speaker in rttm(SAMPLES / "speech" / "telephone.rttm")]
    turns = stm(SAMPLES / "speech" / "telephone.stm")
    # One turn ends 0.9 s after the second part, under the other speaker's voice.
    if parts[-1][1] < 28:
        turns = [(start, end, speaker, text.removesuffix(" so what can I say?")) for start, end, speaker, text in turns]
    return [(samples, *part, turns, spoken) for part in parts]


def voices(interview, folder):
    """The interview with pieces of other recordings after every third turn: the reading
    alone; with one voice of the telephone conversation; with both of its voices."""
    reading, (first, second) = sentences(), telephone_pieces((14.3, 17.9), (21.7, 27.3))
    whole = telephone_pieces((6.4, 14.3), (14.3, 30.0))
    inserts = {
        "three-voices": [[sentence] for sentence in reading],
        "four-voices": [[reading[0]], [first], [reading[1], reading[2]], [second], [reading[3], reading[4]]],
        "five-voices": [[reading[0]], [whole[0]], [reading[1], reading[2]], [whole[1]], [reading[3], reading[4]]],
    }
    return {name: mixed(name, interview, pieces, folder) for name, pieces in inserts.items()}


def mixed(name, interview, inserts, folder):
    """The interview with lists of pieces between its parts."""
    mixer, mono = Mixer(), audio.level(interview.mono)
    cuts = interview_cuts(interview, 3)
    for at, (start, end) in enumerate(itertools.pairwise(cuts)):
        mixer.add(mono, start, end, interview.timed, interview.segments)
        for piece in inserts[at] if at < len(inserts) else []:
            mixer.add(*piece)
    return mixer.recording(name, folder / f"{name}.wav")


def interview_cuts(interview, turns):
    """Times between turns, `turns` of them to a piece, where no two overlap."""
    cuts = [0.0]
    for at in range(turns, len(interview.timed), turns):
        before, after = interview.timed[at - 1][1], interview.timed[at][0]
        if after > before:
            cuts.append((before + after) / 2)
    return [*cuts, len(interview.mono) / audio.RATE]


def interview_forms(interview, folder):
    """The interview in its five forms: {name: path}."""
    mono = audio.write(folder / "interview-mono.wav", interview.mono)
    return {
        "interview-stereo": SAMPLES / "interview.flac",
        "interview-mono": mono,
        "interview-8khz": audio.resample(mono, folder / "interview-8khz.wav", 8_000),
        "interview-noise": audio.write(folder / "interview-noise.wav", audio.with_noise(interview.mono, snr_db=10)),
        "interview-reverb": audio.write(folder / "interview-reverb.wav", audio.with_reverberation(interview.mono)),
    }


def sample(name):
    """A recording that lies in `samples/`, as it is."""
    speech = SAMPLES / "speech"
    if name == "telephone":
        return Recording(name, speech / "telephone.flac", 30.0,
                         [(speaker, text) for _, _, speaker, text in stm(speech / "telephone.stm")],
                         rttm(speech / "telephone.rttm"), "human")
    if name == "read-speech":
        samples, texts, segments = reader()
        return Recording(name, speech / "read-speech.flac", len(samples) / audio.RATE,
                         [("reader", text) for text in texts], segments)
    return call()


def call():
    """The call: its labelled turns without their pauses, and nothing else scored."""
    samples = audio.level(audio.decode(SAMPLES / "call.flac", 1)[:, 0])
    labelled = rttm(SAMPLES / "call.rttm")
    # 5 dB above the noise of 8-bit samples.
    voiced = audio.speech_segments(samples, floor_db=-45)
    segments = [(max(start, begin), min(end, stop), speaker) for start, end, speaker in labelled
                for begin, stop in voiced if min(end, stop) > max(start, begin)]
    text = " ".join((SAMPLES / "call.base.txt").read_text().split())
    return Recording("call", SAMPLES / "call.flac", len(samples) / audio.RATE, [(None, text)], segments, "base",
                     labelled)


def build(names, folder):
    """The named recordings, those that are derived in `folder`."""
    interview = Interview()
    forms = interview_forms(interview, folder)
    recordings = {name: Recording(name, path, len(interview.mono) / audio.RATE, interview.turns, interview.segments)
                  for name, path in forms.items()}
    recordings.update(voices(interview, folder))
    return [recordings.get(name) or sample(name) for name in names]
