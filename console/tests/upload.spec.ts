// The client of uploads, without a page: a bucket that forgets what has arrived.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "@playwright/test";

// As a page has it; Node.js would take the file for another kind of module.
const source = readFileSync(resolve(import.meta.dirname, "../../docs/clients/upload.js"), "utf8");
const { upload }: typeof import("../../docs/clients/upload.js") = await import(
  `data:text/javascript,${encodeURIComponent(source)}`
);

const PIECE = 4;
const WHOLE = 10 * PIECE;

test("an upload whose session is lost restarts and completes", async () => {
  const sessions: number[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = String(input);
    if (url === "api/v1/interviews") return Response.json({ id: "i", upload: link }, { status: 201 });
    if (url === "api/v1/interviews/i/upload-url") return Response.json(link);
    if (url === "bucket") return new Response(null, { status: 201, headers: { location: `session/${sessions.push(0) - 1}` } });
    const session = Number(url.split("/")[1]);
    const range = (init!.headers as Record<string, string>)["content-range"]!;
    const end = Number(range.match(/-(\d+)\//)?.[1] ?? sessions[session]! - 1) + 1;
    // The first is lost when nearly all is there.
    if (session === 0 && end > 8 * PIECE) return new Response(null, { status: 410 });
    sessions[session] = end;
    if (end === WHOLE) return new Response(null, { status: 200 });
    return new Response(null, { status: 308, headers: end ? { range: `bytes=0-${end - 1}` } : {} });
  };
  const link = { resumable: { method: "POST", url: "bucket", headers: {} } };
  let waited = 0;
  const options = { api: "api", piece: PIECE, storage: undefined, onWaiting: () => (waited += 1) };
  try {
    const made = await upload(new File(["x".repeat(WHOLE)], "a.wav"), options as unknown as Parameters<typeof upload>[1]);
    expect(made).toEqual({ id: "i" });
  } finally {
    globalThis.fetch = real;
  }
  expect(sessions).toEqual([8 * PIECE, WHOLE]);
  expect(waited).toBe(1);
});
