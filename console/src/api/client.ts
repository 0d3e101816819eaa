// The API as the page calls it: typed by its own description, with the errors that a
// person can act on.

import createClient from "openapi-fetch";
import { token } from "../auth/session";
import { ApiError, type Problem } from "./errors";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Interview = Schemas["Interview"];
export type Steps = Schemas["Steps"];
export type Step = Schemas["Step"];
export type Stale = Schemas["Stale"];
/** An analysis; the example's is never out of date. */
export type Analysis = Schemas["Analysis"] & { stale?: Stale | null };
export type Report = Schemas["Report"];
export type Run = Schemas["Run"];
export type NewRun = Schemas["NewRun"];
export type StartedRun = Schemas["StartedRun"];
export type Operation = Schemas["Operation"];
export type Correction = Schemas["Correction"];
export type Assessment = Schemas["Assessment"];
export type NewAssessment = Schemas["NewAssessment"];
export type Competency = Schemas["Competency"];
export type Evidence = Schemas["Evidence"];
export type Claim = Schemas["Claim"];
export type Note = Schemas["Note"];
export type Highlight = Schemas["Highlight"];
export type NewHighlight = Schemas["NewHighlight"];
export type CollectionHighlight = Schemas["CollectionHighlight"];
export type SearchHit = Schemas["SearchHit"];
export type Transcript = Schemas["Transcript"];
export type Quality = Schemas["Quality"];
export type Collection = Schemas["Collection"];
export type NewCollection = Schemas["NewCollection"];
export type Comparison = Schemas["Comparison"];
export type ComparedInterview = Schemas["ComparedInterview"];
export type CollectionThemes = Schemas["CollectionThemes"];
export type Theme = Schemas["Theme"];
export type ThemeVoice = Schemas["ThemeVoice"];
export type ComparedRubric = Schemas["ComparedRubric"];
export type Cell = Schemas["Cell"];
export type Engines = Schemas["Engines"];
export type Engine = Schemas["Engine"];
export type EngineCheck = Schemas["EngineCheck"];
export type AvailableEngine = Schemas["AvailableEngine"];
export type Rubric = Schemas["RubricVersion"];
export type RubricTemplate = Schemas["RubricTemplate"];
export type NewRubric = Schemas["NewRubric"];
export type Criterion = Schemas["Criterion"];
export type InterviewChange = Schemas["ChangeInterview"];
export type Share = Schemas["Share"];
export type NewShare = Schemas["NewShare"];
export type Token = Schemas["Token"];
export type NewToken = Schemas["NewToken"];
export type CreatedToken = Schemas["CreatedToken"];
export type Kind = Interview["kind"];
export type Channels = Interview["channels"];
export type Status = Interview["status"];
export const STEPS = ["transcription", "waveform", "analysis", "report"] as const;
export type StepName = (typeof STEPS)[number];

export const api = createClient<paths>({ baseUrl: location.origin });

api.use({
  async onRequest({ request }) {
    const bearer = await token();
    if (bearer) request.headers.set("authorization", `Bearer ${bearer}`);
    return request;
  },
});

/** Returns the answer of a call; throws an `ApiError` without one. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch(() => {
    throw new ApiError({});
  });
  if (!response.ok) throw new ApiError(typeof error === "object" && error ? error : { status: response.status });
  return data as T;
}

interface PageQuery {
  limit: number;
  page_token?: string;
}

/** Reads all pages of a list. */
export async function every<T>(
  read: (query: PageQuery) => Promise<{ items: T[]; next_page_token: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  let page_token: string | undefined;
  do {
    const page = await read({ limit: 100, ...(page_token && { page_token }) });
    items.push(...page.items);
    page_token = page.next_page_token ?? undefined;
  } while (page_token);
  return items;
}

/** The headers of a request that is made without the client. */
export async function headers(): Promise<Record<string, string>> {
  const bearer = await token();
  return bearer ? { authorization: `Bearer ${bearer}` } : {};
}

/** Fetches a file of an interview. */
export async function bytes(path: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(path, { headers: await headers(), signal: signal ?? null }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError({});
  });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
    throw new ApiError({ status: answer.status, ...problem });
  }
  return answer;
}
