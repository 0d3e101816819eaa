// The API as the page asks it: typed by its own description, with the errors that a
// person can act on.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { token } from "../auth/session";

type Schemas = components["schemas"];
export type Interview = Schemas["Interview"];
export type Steps = Schemas["Steps"];
export type Step = Schemas["Step"];
export type Analysis = Schemas["Analysis"];
export type Evidence = Schemas["Evidence"];
export type Claim = Schemas["Claim"];
export type Note = Schemas["Note"];
export type Problem = Schemas["Problem"];
export type Kind = Interview["kind"];
export type Channels = Interview["channels"];
export type Status = Interview["status"];
export const STEPS = ["transcription", "waveform", "analysis", "report"] as const;
export type StepName = (typeof STEPS)[number];

/** What the service says is wrong, or that it cannot be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? "The service cannot be reached.");
    this.name = "ApiError";
    this.status = problem.status ?? 0;
    this.code = problem.code ?? "unreachable";
  }
}

export const api = createClient<paths>({ baseUrl: location.origin });

api.use({
  async onRequest({ request }) {
    const bearer = await token();
    if (bearer) request.headers.set("authorization", `Bearer ${bearer}`);
    return request;
  },
});

/** What a call answers, or why it does not as an `ApiError`. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch(() => {
    throw new ApiError({});
  });
  if (!response.ok) throw new ApiError(typeof error === "object" && error ? error : { status: response.status });
  return data as T;
}

/** The headers of a request that is made without the client. */
export async function headers(): Promise<Record<string, string>> {
  const bearer = await token();
  return bearer ? { authorization: `Bearer ${bearer}` } : {};
}

/** A file of an interview as bytes. */
export async function bytes(path: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(path, { headers: await headers(), signal }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError({});
  });
  if (!answer.ok) throw new ApiError((await answer.json().catch(() => ({}))) as Problem);
  return answer;
}

/** What is wrong, in words. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
