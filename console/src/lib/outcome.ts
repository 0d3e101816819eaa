// What became of a change that a person made.

import { ApiError } from "../api/errors";

export type Outcome = { ok: true } | { ok: false; error: ApiError };

/** Runs a change. Returns the reason where the service refuses it; never throws. */
export async function attempt(change: () => Promise<void>): Promise<Outcome> {
  try {
    await change();
    return { ok: true };
  } catch (error) {
    return { ok: false, error: ApiError.from(error) };
  }
}
