"""Word error rate, diarization error rate, and words with the right speaker."""
import itertools

import jiwer
import numpy as np
from whisper_normalizer.english import EnglishTextNormalizer

FRAME_S = 0.01
COLLAR_S = 0.25
PAUSE_S = 0.5  # of one speaker's words with a shorter pause between them, one segment is made

normalize = EnglishTextNormalizer()


def tokens(turns):
    """[(speaker, text)] as normalised words: [(speaker, word)]."""
    return [(speaker, word) for speaker, text in turns for word in normalize(text).split()]


def align(reference, hypothesis):
    """jiwer's alignment of two lists of tokens."""
    return jiwer.process_words(" ".join(word for _, word in reference), " ".join(word for _, word in hypothesis))


def word_error_rate(reference_turns, hypothesis_turns):
    """Substitutions, deletions and insertions as a share of the reference's words."""
    reference, hypothesis = tokens(reference_turns), tokens(hypothesis_turns)
    return align(reference, hypothesis).wer if hypothesis else 1.0


def right_speaker_by_words(reference_turns, hypothesis_turns):
    """The share of the recognised words, misheard ones included, that the right speaker
    has: 1 less the word diarization error rate."""
    reference, hypothesis = tokens(reference_turns), tokens(hypothesis_turns)
    if not hypothesis:
        return None
    pairs = [((reference[chunk.ref_start_idx + at][0],), hypothesis[chunk.hyp_start_idx + at][0])
             for chunk in align(reference, hypothesis).alignments[0] if chunk.type in ("equal", "substitute")
             for at in range(chunk.ref_end_idx - chunk.ref_start_idx)]
    return right_share(pairs)


def right_speaker_by_times(segments, words):
    """The same by the times of the speakers, which misheard words have too: of the words
    whose middle lies in a segment, those that its speaker has; where several speak at once,
    any of them. `words`: [(start_s, end_s, speaker)]."""
    pairs = []
    for start, end, speaker in words:
        middle = (start + end) / 2
        owners = tuple(sorted({owner for begin, stop, owner in segments if begin <= middle < stop}))
        pairs += [(owners, speaker)] if owners else []
    return right_share(pairs)


def right_share(pairs):
    """The share of (owners, speaker) pairs that agree under the best one-to-one assignment
    of speakers; of several owners one is enough."""
    if not pairs:
        return None
    rows, columns = sorted({row for owners, _ in pairs for row in owners}), sorted({column for _, column in pairs})
    counts = np.zeros((len(rows), len(columns)), int)
    for owners, column in pairs:
        for row in owners:
            counts[rows.index(row), columns.index(column)] += 1
    assigned = {(rows[row], columns[column]) for row, column in best_assignment(counts)}
    right = sum(any((row, column) in assigned for row in owners) for owners, column in pairs)
    return right / len(pairs)


def best_assignment(scores):
    """The pairs (row, column), no row and no column twice, with the largest sum."""
    if scores.shape[0] > scores.shape[1]:
        return [(row, column) for column, row in best_assignment(scores.T)]
    rows = range(scores.shape[0])
    columns = max(itertools.permutations(range(scores.shape[1]), len(rows)),
                  key=lambda chosen: sum(scores[row, column] for row, column in zip(rows, chosen)))
    return list(zip(rows, columns))


def grid(segments, length):
    """Speakers' activity in frames, one column to a speaker."""
    speakers = sorted({speaker for _, _, speaker in segments})
    active = np.zeros((length, len(speakers)), bool)
    for start, end, speaker in segments:
        active[round(start / FRAME_S): round(end / FRAME_S), speakers.index(speaker)] = True
    return active


def diarization_error_rate(reference, hypothesis, seconds, collar_s=0.0, parts=None):
    """Missed, false and confused speech as a share of the reference's, in frames of 10 ms
    under the best assignment; `collar_s` on both sides of each boundary is not scored, nor
    what lies outside of `parts`."""
    length = int(seconds / FRAME_S) + 1
    truth, found = grid(reference, length), grid(hypothesis, length)
    scored = np.zeros(length, bool)
    for start, end, *_ in parts or [(0, seconds)]:
        scored[round(start / FRAME_S): round(end / FRAME_S)] = True
    if collar_s:
        for edge in itertools.chain.from_iterable((start, end) for start, end, _ in reference):
            scored[max(0, int((edge - collar_s) / FRAME_S)): int((edge + collar_s) / FRAME_S)] = False
    truth, found = truth[scored], found[scored]
    together = truth.T.astype(int) @ found.astype(int)
    agreeing = sum(together[pair] for pair in best_assignment(together)) if found.shape[1] else 0
    # Each frame is charged with the larger count of speakers; what agrees is right.
    charged = np.maximum(truth.sum(axis=1), found.sum(axis=1)).sum()
    return float((charged - agreeing) / truth.sum())


def segments_of(transcript):
    """Who speaks when according to a transcript: the speech segments of the diarization
    where it has them, otherwise the words, short pauses closed."""
    given = transcript.get("segments") or []
    if given:
        return [(row["start_ms"] / 1000, row["end_ms"] / 1000, row["speaker"]) for row in given]
    segments = []
    last = {}
    for start, end, speaker in words_of(transcript):
        at = last.get(speaker)
        if at is not None and start - segments[at][1] < PAUSE_S:
            segments[at] = (segments[at][0], max(end, segments[at][1]), speaker)
        else:
            last[speaker] = len(segments)
            segments.append((start, end, speaker))
    return segments


def words_of(transcript):
    """[(start_s, end_s, speaker)]"""
    return [(word["start_ms"] / 1000, word["end_ms"] / 1000, word["speaker"]) for word in transcript["words"]]


def turns_of(transcript):
    """[(speaker, text)]"""
    return [(turn["speaker"], turn["text"]) for turn in transcript["turns"]]
