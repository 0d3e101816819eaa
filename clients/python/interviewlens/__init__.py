"""A client of the API of InterviewLens.

    from interviewlens import InterviewLens, InterviewLensError
    from interviewlens_client.api.results import get_transcript

    lens = InterviewLens("https://api.example.com", token=token)
    interview = lens.upload("ada.wav", title="Ada, first round", kind="job_interview")
    if lens.settled(interview.id).status == "completed":
        transcript = lens.ask(get_transcript, interview.id)

`interviewlens_client` has one module for each call; it is generated from the description of
the API.
"""

from __future__ import annotations

import mimetypes
import os
import time
from pathlib import Path
from typing import Any

import httpx
from interviewlens_client import Client
from interviewlens_client.api.interviews import create_interview, get_interview
from interviewlens_client.models import CreatedInterview, GetInterviewFieldsItem, Interview, NewInterview, Problem

__all__ = ["InterviewLens", "InterviewLensError"]

# The statuses after which nothing more happens to an interview by itself.
FINAL = ("completed", "partial", "failed")

# The pause before a lost connection is made again, in seconds.
RETRY_S = 2.0

# The record of an interview, without its results.
RECORD = [GetInterviewFieldsItem("")]


class InterviewLensError(Exception):
    """The service refused a request, or the bucket an upload."""

    def __init__(self, status: int, problem: Problem | None) -> None:
        """`problem` is what the service says about it (RFC 9457), if it does."""
        self.status = status
        self.problem = problem
        super().__init__(problem.detail if problem else f"the response has status {status}")

    @property
    def code(self) -> str | None:
        """The stable code of the refusal, such as `interview_not_found`."""
        return str(self.problem.code) if self.problem else None


class InterviewLens:
    """The service at an address, for one user."""

    def __init__(self, url: str, *, token: str | None = None, user_id: str | None = None, timeout_s: float = 30) -> None:
        """`token` authorises the requests; `user_id` names the user where the service trusts its
        clients (`AUTH=local`)."""
        headers = {"x-user-id": user_id} if user_id else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        #: What the functions of `interviewlens_client` take.
        self.client = Client(base_url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(timeout_s))

    def ask(self, call: Any, *arguments: Any, **named: Any) -> Any:
        """Calls a module of `interviewlens_client.api` and returns what it has parsed.

        Raises `InterviewLensError` for any response but one of 2xx."""
        response = call.sync_detailed(*arguments, client=self.client, **named)
        if not 200 <= response.status_code < 300:
            raise InterviewLensError(
                int(response.status_code), response.parsed if isinstance(response.parsed, Problem) else None
            )
        return response.parsed

    def upload(self, recording: str | os.PathLike[str], **settings: Any) -> CreatedInterview:
        """Creates an interview with these settings (see `NewInterview`) and uploads its recording,
        a file, in one request."""
        path = Path(recording)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        audio = {"filename": path.name, "content_type": kind, "size_bytes": path.stat().st_size}
        body = NewInterview.from_dict({**settings, "audio": audio})
        created = self.ask(create_interview, body=body)
        upload = created.upload
        with path.open("rb") as file:
            stored = httpx.request(
                str(upload.method),
                upload.url,
                headers=upload.headers.to_dict(),
                content=file,
                timeout=None,  # as long as the recording takes
            )
        if not stored.is_success:
            raise InterviewLensError(stored.status_code, None)
        return created

    def settled(self, interview_id: str, timeout_s: float | None = None) -> Interview:
        """Waits until nothing more happens to an interview, and returns how it stands.

        Raises `TimeoutError` after `timeout_s` seconds. A connection that is lost is made again."""
        end = time.monotonic() + timeout_s if timeout_s is not None else None
        while True:
            interview = self.ask(get_interview, interview_id, fields=RECORD)
            if interview.status in FINAL:
                return interview
            left = end - time.monotonic() if end is not None else None
            if left is not None and left <= 0:
                raise TimeoutError(f"interview {interview_id} is still {interview.status}")
            self._follow(interview_id, left)

    def _follow(self, interview_id: str, timeout_s: float | None) -> None:
        """Reads the stream of events to its end, which is after a final status."""
        begun = time.monotonic()
        events = self.client.get_httpx_client().stream("GET", f"/v1/interviews/{interview_id}/events")
        try:
            with events as response:
                for _ in response.iter_lines():
                    if timeout_s is not None and time.monotonic() - begun > timeout_s:
                        return
        except httpx.TransportError:
            time.sleep(RETRY_S)
