// The strings of the search in all interviews: see `en.ts`.

import { count } from "./locale";

export const searchText = {
  title: "Found in interviews",
  searching: "Searching…",
  count: (hits: number, interviews: number, more: boolean) =>
    hits ? `${count(hits, "passage")} in ${count(interviews, "interview")}${more ? " so far" : ""}` : "Nothing found",
  more: "Show more passages",
  field: { note: "Note", highlight: "Highlight", analysis: "Analysis", title: "Title", transcript: "Transcript" },
};
