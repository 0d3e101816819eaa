// A client of the API of InterviewLens for browsers and Node.js. Every call is typed by the
// API's description (`schema.d.ts`, which is generated from it).
//
//     import { InterviewLens } from "interviewlens-client";
//     const lens = new InterviewLens({ url: "https://api.example.com", token });
//     const interview = await lens.upload(file, { title: "Ada, first round", kind: "job_interview" });
//     const { status } = await lens.settled(interview.id);
//     const transcript = await lens.ask(
//       lens.api.GET("/v1/interviews/{id}/transcript", { params: { path: { id: interview.id } } }),
//     );

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";

type Schemas = components["schemas"];
export type Interview = Schemas["Interview"];
export type NewInterview = Omit<Schemas["NewInterview"], "audio">;
export type Transcript = Schemas["Transcript"];
export type Analysis = Schemas["Analysis"];
/** What the service responds when it refuses a request (RFC 9457). */
export type Problem = Schemas["Problem"];

export interface Options {
  /** The address of the service, without a path. */
  url: string;
  /** A token, or where it comes from: it is asked for before each request. Without one, the
   * request has no `Authorization`. */
  token?: string | (() => string | Promise<string>);
  /** The user, where the service trusts its clients (`AUTH=local`). */
  userId?: string;
  /** Used in place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** The service refused a request, or the bucket an upload. */
export class InterviewLensError extends Error {
  override readonly name = "InterviewLensError";

  constructor(
    readonly status: number,
    /** What the service says about it; `null` for a response of something in between. */
    readonly problem: Problem | null,
  ) {
    super(problem?.detail ?? problem?.title ?? `the response has status ${status}`);
  }

  /** The stable code of the refusal, such as `interview_not_found`. */
  get code(): string | null {
    return this.problem?.code ?? null;
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The statuses after which nothing more happens to an interview by itself. */
const FINAL: readonly string[] = ["completed", "partial", "failed"];

export class InterviewLens {
  /** Every call of the API: `api.GET("/v1/interviews", …)`. */
  readonly api: Client<paths>;
  readonly #options: Options;
  readonly #fetch: typeof fetch;

  constructor(options: Options) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.api = createClient<paths>({ baseUrl: options.url.replace(/\/+$/, ""), fetch: this.#fetch });
    this.api.use({
      onRequest: async ({ request }) => {
        const { token, userId } = this.#options;
        const bearer = typeof token === "function" ? await token() : token;
        if (bearer) request.headers.set("authorization", `Bearer ${bearer}`);
        if (userId) request.headers.set("x-user-id", userId);
        return request;
      },
    });
  }

  /** Returns the data of a call; throws an `InterviewLensError` for any other response. */
  async ask<T>(call: Promise<Answer<T>>): Promise<T> {
    const { data, error, response } = await call;
    if (!response.ok) throw new InterviewLensError(response.status, isProblem(error) ? error : null);
    return data as T;
  }

  /** Creates an interview and uploads its recording in one request. For uploads in pieces, which
   * go on after a lost connection, see `upload.js` of the project. */
  async upload(recording: Blob, interview: NewInterview & { filename?: string }): Promise<Interview> {
    const { filename, ...settings } = interview;
    const audio = {
      filename: filename ?? (recording instanceof File ? recording.name : "recording"),
      content_type: recording.type || "application/octet-stream",
      size_bytes: recording.size,
    };
    const created = await this.ask(this.api.POST("/v1/interviews", { body: { ...settings, audio } }));
    const upload = created.upload;
    if (!upload) throw new Error("the service has not said where the recording goes");
    const { url, method, headers } = upload;
    const stored = await this.#fetch(url, { method, headers: headers as Record<string, string>, body: recording });
    if (!stored.ok) throw new InterviewLensError(stored.status, null);
    return created;
  }

  /** Waits until nothing more happens to an interview, and returns how it stands. A connection
   * that is lost is made again. */
  async settled(id: string, signal?: AbortSignal): Promise<Interview> {
    const params = { path: { id }, query: { fields: [""] as [""] } };
    for (;;) {
      const interview = await this.ask(this.api.GET("/v1/interviews/{id}", { params, signal: signal ?? null }));
      if (FINAL.includes(interview.status)) return interview;
      // The stream of events ends after a final status.
      const stream = await this.api
        .GET("/v1/interviews/{id}/events", { params: { path: { id } }, parseAs: "stream", signal: signal ?? null })
        .catch(() => null);
      signal?.throwIfAborted();
      if (stream?.data) await drained(stream.data as ReadableStream<Uint8Array>);
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      signal?.throwIfAborted();
    }
  }
}

/** The pause before a lost connection is made again, in milliseconds. */
const RETRY_MS = 2_000;

async function drained(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection was lost: the caller makes it again.
  }
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "status" in error;
}
