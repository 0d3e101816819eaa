// What can go wrong with a request.

import { text } from "../i18n/en";
import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** Statuses below 500 after which the same request may succeed later. */
const TEMPORARY = new Set([408, 425, 429]);

/** A problem that the service reports, or that it cannot be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(problem: Partial<Omit<Problem, "code">> & { code?: string }) {
    super(problem.detail ?? problem.title ?? text.errors.unreachable);
    this.name = "ApiError";
    this.status = problem.status ?? 0;
    this.code = problem.code ?? "unreachable";
  }

  /** Whether the same request may succeed later. */
  get isRetryable(): boolean {
    return this.status === 0 || this.status >= 500 || TEMPORARY.has(this.status);
  }

  static from(error: unknown): ApiError {
    return error instanceof ApiError ? error : new ApiError({});
  }
}

/** The reason of an error, in words. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
