// Strings of forms: the settings of interviews, new ones and others, and rubrics. They are
// loaded with the forms.

import { count } from "./locale";

const settings = {
  title: "Title",
  kind: "Kind of conversation",
  language: "Spoken language",
  detect: "Detect",
  speakers: "Number of speakers",
  unknown: "Not known",
  channels: "Channels of the recording",
  channelUses: {
    auto: "Detect",
    speakers: "One speaker on each channel",
    mixed: "All speakers on every channel",
  },
  rubric: "Rubric",
  ownRubric: "That of the kind",
  /** The rubric of an interview that is none of the stored ones. */
  thisRubric: "This interview's own",
  rubricVersion: (name: string, version: number) => `${name} (version ${version})`,
  keyTerms: "Names and terms that are likely to be said",
  keyTermsHint: "One on each line, or with commas between them. They help to spell what is said.",
  retention: "Delete after (days)",
  retentionHint: "Empty: kept as long as this service keeps interviews.",
  cancel: "Cancel",
};

const upload = {
  dialog: (number: number) => (number === 1 ? "New interview" : `${count(number, "new interview")}`),
  titleOf: (file: string) => `Title of ${file}`,
  removeFile: (file: string) => `Leave out ${file}`,
  forAll: "For all of them",
  more: "More settings",
  remembered: "Kind, language and the settings below are remembered for next time.",
  start: (number: number) => `Upload ${count(number, "file")}`,
};

const interview = {
  title: "Settings",
  late: "The number of speakers and the channels are set before the transcript is made.",
  termsHint: "One on each line, or with commas between them. For what is transcribed and analysed from now on.",
  save: "Save",
  saving: "Saving…",
  saved: "Saved",
  notSaved: (reason: string) => `Couldn't save. ${reason}`,
  again: "Run again",
  close: "Close",
};

const runAgain = {
  engine: "Engine",
  active: (name: string) => `${name} (active)`,
  transcribe: "Transcribe again",
  analyse: "Run analysis again",
  hint: {
    transcription:
      "The present transcript stays under “Earlier transcripts”. A corrected one is not replaced: select the new one there. Names of speakers are not taken over.",
    analysis: "It is made of the corrected transcript. The present one stays under “Earlier results”.",
  },
  started: { transcription: "The transcript is being made.", analysis: "The analysis is being made." },
};

const rubrics = {
  title: "Rubrics",
  about: "A rubric says what is assessed in an interview. An interview keeps the version that it was given.",
  none: "No rubrics yet. Begin with one of a kind of conversation, or with an empty one.",
  new: "New rubric",
  empty: "Empty",
  from: (name: string) => `From: ${name}`,
  facts: (competencies: number, version: number, when: string) =>
    `${competencies === 1 ? "1 competency" : `${competencies} competencies`} · version ${version} · ${when}`,
  delete: (name: string) => `Delete ${name}`,
  deleteSure: (name: string) => `Delete “${name}” with all its versions? Interviews keep the version that they were given.`,
  deleted: (name: string) => `“${name}” deleted`,
  notDeleted: (reason: string) => `Couldn't delete. ${reason}`,
  notLoaded: "Couldn't load the rubrics.",
  gone: "This rubric doesn't exist or has been deleted.",
  loading: "Loading…",
  back: "All rubrics",
  edit: "Rubric",
  name: "Name of the rubric",
  competency: (at: number) => `Competency ${at}`,
  competencyName: "Name",
  description: "What good and bad look like",
  anchors: "What the ratings look like",
  anchor: { low: "1, poor", mid: "3, solid", high: "5, outstanding" },
  weight: "Weight",
  weightHint: "0 to 100, for the reader: no rating is computed from it. Empty: all count the same.",
  add: "Add competency",
  remove: (name: string) => `Remove ${name}`,
  up: (name: string) => `Move ${name} up`,
  down: (name: string) => `Move ${name} down`,
  save: "Save",
  saveVersion: (version: number) => `Save as version ${version}`,
  saving: "Saving…",
  saved: (version: number) => `Saved as version ${version}`,
  unsaved: "Not saved yet",
  leave: "The rubric is not saved. Leave all the same?",
  notSaved: (reason: string) => `Couldn't save. ${reason}`,
  most: (number: number) => `A rubric has at most ${number} competencies.`,
};

export const formText = { settings, upload, interview, runAgain, rubrics };
