"""The measures on cases that can be counted by hand, and the references against themselves:
`python -m unittest bench_speech.test_metrics` in `tools`, with the benchmark's packages."""
import tempfile
import unittest
from pathlib import Path

from . import metrics, recordings


class WordErrors(unittest.TestCase):
    def test_case_punctuation_and_hesitations_do_not_count(self):
        reference = [("a", "Um, I have two copies."), ("b", "Okay!")]
        self.assertEqual(metrics.word_error_rate(reference, [(0, "i've 2 copies OKAY")]), 0)

    def test_one_substitution_and_one_deletion_of_four_words(self):
        self.assertEqual(metrics.word_error_rate([("a", "red green blue black")], [(0, "red grey blue")]), 0.5)

    def test_nothing_recognised_is_all_wrong(self):
        self.assertEqual(metrics.word_error_rate([("a", "red")], []), 1.0)

    def test_right_speakers_are_counted_under_the_best_assignment(self):
        reference = [("a", "one red house"), ("b", "blue")]
        self.assertEqual(metrics.right_speaker_by_words(reference, [(7, "one red"), (3, "house blue")]), 0.75)

    def test_words_outside_known_turns_are_left_out(self):
        words = [(0.0, 0.4, 1), (2.0, 2.2, 0), (5.0, 5.2, 1)]
        self.assertEqual(metrics.right_speaker_by_times([(0, 1, "a"), (4, 6, "b")], words), 0.5)

    def test_words_under_several_voices_are_right_with_any_of_them(self):
        segments = [(0, 4, "a"), (3, 8, "b")]
        words = [(0, 1, 5), (3, 4, 5), (3, 4, 6), (6, 7, 6), (7, 8, 5)]
        self.assertEqual(metrics.right_speaker_by_times(segments, words), 0.8)


class DiarizationErrors(unittest.TestCase):
    def test_missed_false_and_confused_speech_add_up(self):
        reference = [(0, 4, "a"), (4, 8, "b")]
        # 1 s of b is given to a, 1 s of b is missed, 1 s of silence is false.
        hypothesis = [(0, 5, 0), (6, 9, 1)]
        self.assertAlmostEqual(metrics.diarization_error_rate(reference, hypothesis, 10), 3 / 8)

    def test_a_collar_hides_what_is_near_a_boundary(self):
        reference, hypothesis = [(1, 4, "a")], [(0.8, 4.2, 0)]
        self.assertAlmostEqual(metrics.diarization_error_rate(reference, hypothesis, 10), 0.4 / 3)
        self.assertEqual(metrics.diarization_error_rate(reference, hypothesis, 10, metrics.COLLAR_S), 0)

    def test_overlap_has_two_speakers(self):
        reference = [(0, 2, "a"), (1, 2, "b")]
        self.assertAlmostEqual(metrics.diarization_error_rate(reference, [(0, 2, 0)], 4), 1 / 3)

    def test_what_is_not_labelled_is_not_scored(self):
        reference, hypothesis = [(0, 2, "a")], [(0, 1, 0), (4, 6, 1)]
        self.assertEqual(metrics.diarization_error_rate(reference, hypothesis, 8, 0, [(0, 3)]), 0.5)

    def test_no_speech_found_is_all_missed(self):
        self.assertEqual(metrics.diarization_error_rate([(0, 2, "a")], [], 4), 1)


class References(unittest.TestCase):
    def test_each_recording_agrees_with_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            for recording in recordings.build(recordings.NAMES, Path(folder)):
                with self.subTest(recording.name):
                    self.assertEqual(metrics.word_error_rate(recording.turns, recording.turns), 0)
                    rate = metrics.diarization_error_rate(recording.segments, recording.segments, recording.seconds)
                    self.assertEqual(rate, 0)
                    self.assertLessEqual(max(end for _, end, _ in recording.segments), recording.seconds)
                    speakers = {"three-voices": 3, "four-voices": 4, "five-voices": 5, "read-speech": 1}.get(recording.name, 2)
                    self.assertEqual(len({speaker for _, _, speaker in recording.segments}), speakers)
                    if recording.reference != "base":
                        self.assertEqual(len({speaker for speaker, _ in recording.turns}), speakers)


if __name__ == "__main__":
    unittest.main()
