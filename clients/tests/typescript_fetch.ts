// Uses the client that openapi-generator's `typescript-fetch` writes, in the folder beside this
// file: SERVICE_URL is the service.

import { Configuration, InterviewsApi, NotesApi, ResponseError } from "./index.js";

const configuration = new Configuration({
  basePath: process.env["SERVICE_URL"]!,
  headers: { "x-user-id": "openapi-generator-typescript" },
});
const [interviews, notes] = [new InterviewsApi(configuration), new NotesApi(configuration)];
const expect = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what);
};

const created = await interviews.createInterview({ newInterview: { title: "Ada" } });
const note = await notes.addNote({ id: created.id, newNote: { text: "ask again", atMs: 1000 } });
expect(note.text === "ask again", "the note has another text");
const listed = await notes.listNotes({ id: created.id });
expect(listed.items.length === 1 && listed.items[0]!.id === note.id, "the note is not listed");
await interviews.deleteInterview({ id: created.id });
const gone: unknown = await interviews.getInterview({ id: created.id }).catch((error: unknown) => error);
expect(gone instanceof ResponseError && gone.response.status === 404, "the interview is still there");
