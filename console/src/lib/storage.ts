// Choices that the browser keeps for this page. They are lost where storage is blocked
// or full, and may be those of another release: each is checked when it is read.

import { ownStorage } from "../../../docs/clients/upload.js";

/** Reads a choice. `parse` returns null for what it does not know. */
export function stored<T>(name: string, parse: (text: string) => T | null, fallback: T): T {
  try {
    const text = ownStorage()?.getItem(`interviewlens:${name}`) ?? null;
    return text === null ? fallback : (parse(text) ?? fallback);
  } catch {
    return fallback;
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

/** Parses one of these values. */
export function oneOf<T extends string>(values: readonly T[]): (text: string) => T | null {
  return (text) => values.find((value) => value === text) ?? null;
}

/** Parses a number between two others, both included. */
export function numberBetween(least: number, most: number): (text: string) => number | null {
  return (text) => {
    const number = text.trim() === "" ? NaN : Number(text);
    return number >= least && number <= most ? number : null;
  };
}
