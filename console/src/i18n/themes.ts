// Strings of the themes across a collection: only their part of the page loads them.

import { count } from "./locale";

export const themesText = {
  title: "Themes",
  about: "What the interviews have in common, and where they disagree. Each theme rests on quotes of at least two interviews that are in the transcripts.",
  find: "Find themes",
  again: "Find them again",
  starting: "Starting…",
  waiting: "Waiting for the language engine…",
  running: "The language engine is reading the analyses…",
  failed: (reason: string) => `No themes were made. ${reason}`,
  notLoaded: "Couldn't load the themes.",
  none: "No themes that rest on quotes of at least two interviews were found.",
  madeOf: (interviews: number, engine: string) => `Made by ${engine} from ${count(interviews, "interview")}`,
  leftOut: (interviews: number) => `${count(interviews, "interview")} without an analysis left out`,
  stale: "Out of date",
  reasons: {
    interviews_added: (counts: Counts) => `${count(counts.added, "interview")} added`,
    interviews_removed: (counts: Counts) => `${count(counts.removed, "interview")} removed or deleted`,
    transcripts_changed: () => "transcripts have changed",
    analyses_changed: () => "analyses have changed",
  },
  supports: (interviews: number) => `Supported by ${count(interviews, "interview")}`,
  contradicts: (interviews: number) => `Contradicted by ${count(interviews, "interview")}`,
  noSummary: "The summary was deleted with an interview that had a part in it.",
  listen: "Listen to",
};

interface Counts {
  added: number;
  removed: number;
  changed: number;
}
