// The bundled interview, without a speech engine.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, ROOT, type Service } from "./service";

interface Turn {
  speaker: string;
  start_ms: number;
  end_ms: number;
  text: string;
}

const { turns } = JSON.parse(readFileSync(join(ROOT, "samples/interview.words.json"), "utf8")) as { turns: Turn[] };
const time = (ms: number) => new Date(ms).toISOString().slice(11, 23);
/** The bundled interview as subtitles, which need no speech engine. */
const SUBTITLES = `WEBVTT\n\n${turns
  .map(({ speaker, start_ms, end_ms, text }) => `${time(start_ms)} --> ${time(end_ms)}\n${speaker}: ${text}\n`)
  .join("\n")}`;

/** Brings the bundled interview as subtitles past the page; answers its id. */
export async function talk(service: Service, title: string, fields: Record<string, unknown> = {}): Promise<string> {
  const send = (path: string, body: string) => fetch(service.url + path, { method: "POST", body });
  const { id } = (await (await send("/v1/interviews", JSON.stringify({ title, ...fields }))).json()) as { id: string };
  expect((await send(`/v1/interviews/${id}/transcript`, SUBTITLES)).status).toBe(201);
  await service.settled(id);
  return id;
}
