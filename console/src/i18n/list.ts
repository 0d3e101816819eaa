// Strings of what the list is filtered by and of what is done with several interviews at once,
// beside `text`: loaded with that.

import { count } from "./locale";

const filters = {
  collection: "Collection",
  anyCollection: "All collections",
  kind: "Kind",
  anyKind: "All kinds",
  tag: "Tag",
  from: "From",
  to: "To",
  noCollection: "None",
  tags: "Tags",
  tagsHint: "With commas between them.",
};

const bulk = {
  bar: "Selected interviews",
  selected: (number: number) => `${count(number, "interview")} selected`,
  clear: "Clear the selection",
  tag: "Add a tag",
  tagName: "Tag for the selected interviews",
  tagNow: "Add",
  collection: "Move to a collection",
  noCollection: "No collection",
  run: "Run the analysis again",
  delete: "Delete",
  export: "Export",
  reports: "Reports (Word)",
  transcripts: "Transcripts (Markdown)",
  analyses: "Analyses (JSON)",
  done: (number: number) => `${count(number, "interview")} changed`,
  started: (number: number) => `${count(number, "analysis", "analyses")} started`,
  failed: (failed: number, all: number, reason: string) => `${failed} of ${all} failed. ${reason}`,
  nothing: "None of the selected interviews has that.",
};

export const listText = { filters, bulk };
