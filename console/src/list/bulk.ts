// What is done with several interviews at once: a request for each of them, a few at a time.

import { api, ask, bytes, type Interview } from "../api/client";
import { reason } from "../api/errors";
import { listText } from "../i18n/list";
import { forEach } from "../lib/forEach";
import { saveFile } from "../lib/save";
import { tagsOf } from "../stores/uploadSettings";

/** What became of it. */
export interface Done {
  /** The interviews as they are now, where they have changed. */
  changed: Interview[];
  failed: number;
  /** Why the last one failed. */
  reason: string;
}

async function each(
  interviews: readonly Interview[],
  change: (interview: Interview) => Promise<Interview | void>,
): Promise<Done> {
  const done: Done = { changed: [], failed: 0, reason: "" };
  await forEach(interviews, async (interview) => {
    try {
      const changed = await change(interview);
      if (changed) done.changed.push(changed);
    } catch (error) {
      done.failed += 1;
      done.reason = reason(error);
    }
  });
  return done;
}

const path = (id: string) => ({ params: { path: { id } } });

/** Adds a tag to each of them. */
export function addTag(interviews: readonly Interview[], tag: string): Promise<Done> {
  const more = tagsOf(tag);
  return each(interviews, ({ id, tags }) =>
    ask(api.PATCH("/v1/interviews/{id}", { ...path(id), body: { tags: [...tags, ...more] } })),
  );
}

/** Moves each of them to a collection, or with an empty id out of theirs. */
export function moveTo(interviews: readonly Interview[], collection: string): Promise<Done> {
  return each(interviews, ({ id }) =>
    ask(api.PATCH("/v1/interviews/{id}", { ...path(id), body: { collection_id: collection || null } })),
  );
}

/** Runs the analysis of each of them again. */
export function runAgain(interviews: readonly Interview[]): Promise<Done> {
  return each(interviews, async ({ id }) => {
    const key = { header: { "Idempotency-Key": crypto.randomUUID() } };
    await ask(api.POST("/v1/interviews/{id}/runs", { params: { path: { id }, ...key }, body: { step: "analysis" } }));
  });
}

/** A file's name without what file systems do not take. */
function nameOf(title: string): string {
  return title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "interview";
}

const isDone = (step: "transcription" | "analysis" | "report") => (own: Interview) => own.steps[step].state === "done";

function none(): Done {
  return { changed: [], failed: 1, reason: listText.bulk.nothing };
}

/** Saves the report of each of them, a file for each. */
export async function saveReports(interviews: readonly Interview[]): Promise<Done> {
  const ready = interviews.filter(isDone("report"));
  if (!ready.length) return none();
  return each(ready, async ({ id, title }) => {
    const answer = await bytes(`/v1/interviews/${id}/report.docx`);
    saveFile(await answer.blob(), `${nameOf(title)} report.docx`);
  });
}

/** Saves the transcripts of all of them as one file. */
export async function saveTranscripts(interviews: readonly Interview[]): Promise<Done> {
  const ready = interviews.filter(isDone("transcription"));
  if (!ready.length) return none();
  const texts = new Map<string, string>();
  const done = await each(ready, async ({ id }) => {
    texts.set(id, await (await bytes(`/v1/interviews/${id}/transcript.md`)).text());
  });
  const whole = ready.map(({ id }) => texts.get(id)).filter((own) => own !== undefined);
  saveFile(new Blob([whole.join("\n\n---\n\n")], { type: "text/markdown" }), "transcripts.md");
  return done;
}

/** Saves the analyses of all of them as one file: a list of objects. */
export async function saveAnalyses(interviews: readonly Interview[]): Promise<Done> {
  const ready = interviews.filter(isDone("analysis"));
  if (!ready.length) return none();
  const found = new Map<string, unknown>();
  const done = await each(ready, async ({ id }) => {
    found.set(id, await ask(api.GET("/v1/interviews/{id}/analysis", path(id))));
  });
  const whole = ready.filter(({ id }) => found.has(id));
  const list = whole.map(({ id, title }) => ({ interview_id: id, title, analysis: found.get(id) }));
  saveFile(new Blob([JSON.stringify(list, null, 2)], { type: "application/json" }), "analyses.json");
  return done;
}
