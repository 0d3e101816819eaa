// What the browser keeps for this page: choices, which are lost where storage is blocked or full.

import { ownStorage } from "../../../docs/clients/upload.js";

/** A choice that was kept, if there is one. */
export function kept(name: string): string | null {
  try {
    return ownStorage()?.getItem(`interviewlens:${name}`) ?? null;
  } catch {
    return null;
  }
}

/** Keeps a choice, if possible. */
export function keep(name: string, value: string): void {
  try {
    ownStorage()?.setItem(`interviewlens:${name}`, value);
  } catch {
    // The choice holds until the page is closed.
  }
}
