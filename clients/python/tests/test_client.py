"""The client against a running service: SERVICE_URL, with RECORDING to upload."""

import os
import unittest

from interviewlens import InterviewLens, InterviewLensError
from interviewlens_client.api.interviews import create_interview, delete_interview, get_interview, list_interviews
from interviewlens_client.api.notes import add_note
from interviewlens_client.api.results import get_report, get_transcript, get_transcript_srt
from interviewlens_client.models import NewInterview, NewNote

URL = os.environ["SERVICE_URL"]


class ClientTest(unittest.TestCase):
    def test_a_recording_becomes_a_transcript_and_all_of_it_is_deleted(self) -> None:
        lens = InterviewLens(URL, user_id="python")
        created = lens.upload(os.environ["RECORDING"], title="Ada", kind="journalism")
        settled = lens.settled(created.id, timeout_s=120)
        self.assertEqual(settled.status, "completed")
        self.assertEqual(settled.kind, "journalism")
        transcript = lens.ask(get_transcript, created.id)
        self.assertEqual(transcript.engine, "pocketsphinx")
        self.assertTrue(lens.ask(get_report, created.id).payload.read().startswith(b"PK"))
        self.assertIn(b"-->", lens.ask(get_transcript_srt, created.id))
        note = lens.ask(add_note, created.id, body=NewNote(text="ask again", at_ms=1_000))
        self.assertEqual(note.text, "ask again")
        self.assertEqual([item.id for item in lens.ask(list_interviews).items], [created.id])
        lens.ask(delete_interview, created.id)
        with self.assertRaises(InterviewLensError) as gone:
            lens.ask(get_interview, created.id)
        self.assertEqual((gone.exception.status, gone.exception.code), (404, "interview_not_found"))

    def test_refusals_name_the_field(self) -> None:
        lens = InterviewLens(URL, user_id="python-2")
        interview = lens.ask(create_interview, body=NewInterview(title="Grace"))
        with self.assertRaises(InterviewLensError) as refused:
            lens.ask(add_note, interview.id, body=NewNote(text=""))
        self.assertEqual(refused.exception.code, "invalid_field")
        self.assertIn("text", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
