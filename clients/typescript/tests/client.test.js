// The client against a running service: SERVICE_URL, with RECORDING to upload.

import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { test } from "node:test";
import { InterviewLens, InterviewLensError } from "../dist/index.js";

const url = process.env.SERVICE_URL;
const lens = new InterviewLens({ url, userId: "typescript" });
const at = (id) => ({ params: { path: { id } } });

test("a recording becomes a transcript, a note is kept, and all of it is deleted", async () => {
  const recording = await openAsBlob(process.env.RECORDING, { type: "audio/wav" });
  const created = await lens.upload(recording, { title: "Ada", filename: "ada.wav" });
  const settled = await lens.settled(created.id);
  assert.equal(settled.status, "completed");
  const transcript = await lens.ask(lens.api.GET("/v1/interviews/{id}/transcript", at(created.id)));
  assert.equal(transcript.engine, "pocketsphinx");
  const body = { text: "ask again", at_ms: 1_000 };
  const note = await lens.ask(lens.api.POST("/v1/interviews/{id}/notes", { ...at(created.id), body }));
  assert.equal(note.text, "ask again");
  const list = await lens.ask(lens.api.GET("/v1/interviews", { params: { query: { limit: 10 } } }));
  assert.deepEqual(list.items.map(({ id }) => id), [created.id]);
  await lens.ask(lens.api.DELETE("/v1/interviews/{id}", at(created.id)));
  await assert.rejects(lens.ask(lens.api.GET("/v1/interviews/{id}", at(created.id))), { code: "interview_not_found" });
});

test("another user's interview is not found, and a refusal names the field", async () => {
  const mine = await lens.ask(lens.api.POST("/v1/interviews", { body: { title: "Grace" } }));
  const other = new InterviewLens({ url, userId: "another-user" });
  await assert.rejects(other.ask(other.api.GET("/v1/interviews/{id}", at(mine.id))), (error) => {
    assert.ok(error instanceof InterviewLensError);
    assert.equal(error.status, 404);
    return true;
  });
  const body = { text: "" };
  await assert.rejects(lens.ask(lens.api.POST("/v1/interviews/{id}/notes", { ...at(mine.id), body })), (error) => {
    assert.equal(error.code, "invalid_field");
    assert.match(error.message, /text/);
    return true;
  });
});
