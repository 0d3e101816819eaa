"""Uses the client that openapi-generator's `python` writes: SERVICE_URL is the service."""

import os

import openapi_client
from openapi_client.exceptions import NotFoundException

configuration = openapi_client.Configuration(host=os.environ["SERVICE_URL"])
with openapi_client.ApiClient(configuration) as client:
    client.set_default_header("x-user-id", "openapi-generator-python")
    interviews, notes = openapi_client.InterviewsApi(client), openapi_client.NotesApi(client)
    created = interviews.create_interview(openapi_client.NewInterview(title="Ada"))
    note = notes.add_note(created.id, openapi_client.NewNote(text="ask again", at_ms=1000))
    assert note.text == "ask again", note
    assert [item.id for item in notes.list_notes(created.id).items] == [note.id]
    interviews.delete_interview(created.id)
    try:
        interviews.get_interview(created.id)
    except NotFoundException as error:
        assert '"interview_not_found"' in error.body, error.body
    else:
        raise AssertionError("the interview is still there")
