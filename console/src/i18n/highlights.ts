// Strings of highlights and clips, beside `text`: what shows them is loaded when it is needed.

import { count } from "./locale";

export const highlightText = {
  /** What a person has selected in the transcript. */
  bar: "Selected passage",
  selected: (words: number, speaker: string, time: string) => `${count(words, "word")}, ${speaker}, ${time}`,
  tags: "Tags",
  tagsHint: "Tags, with commas",
  add: "Highlight",
  added: "Highlighted",
  copy: "Copy as quotation",
  copyShort: "Copy",
  copied: "Quotation copied",
  notCopied: "Couldn't copy: the browser doesn't permit it.",
  wav: "Audio (WAV)",
  m4a: "Audio (M4A)",
  close: "Close",
  tooMany: (most: number) => `At most ${count(most, "word")} can be highlighted at once.`,
  notSaved: (reason: string) => `Couldn't save the highlight. ${reason}`,
  notDeleted: (reason: string) => `Couldn't delete the highlight. ${reason}`,

  title: "Highlights",
  name: "highlights",
  none: ["Select words in the transcript, or press ", ", to highlight them."] as const,
  play: (time: string) => `Play from ${time}`,
  changeTags: (quote: string) => `Change the tags of “${quote}”`,
  copyOf: (quote: string) => `Copy as quotation “${quote}”`,
  audioOf: "Audio",
  share: "Share",
  shareOf: (quote: string) => `Share “${quote}”`,
  delete: (quote: string) => `Delete the highlight “${quote}”`,
  corrected: "corrected since",
  gone: "no longer in the transcript",
  otherRun: "in another transcript",

  across: {
    none: "No highlights in this collection yet.",
    noneTagged: (tag: string) => `No highlights with the tag “${tag}”.`,
    filter: "Show those with the tag",
    notLoaded: "Couldn't load the highlights.",
    more: "Show more highlights",
    open: (time: string, quote: string, title: string) => `${time} “${quote}” in ${title}`,
  },
};
