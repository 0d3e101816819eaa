// Strings of shares and access tokens, beside `text`: only their views load them.

import { count } from "./locale";

/** How long something is good for, in days. */
const days = (number: number) => (number === 365 ? "1 year" : count(number, "day"));

const shares = {
  title: "Share",
  ofHighlight: "Share this highlight",
  about: "Everybody who has a link can open it, without an account, until it expires or you revoke it.",
  scope: "What it shows",
  scopes: { report: "The report as it is now", interview: "The interview with its transcript" },
  holds: {
    report: "The report has your notes, your assessment and what the analysis cost in it, as the download has.",
    interview: "It has the transcript and the analysis as they are when it is opened, without your notes, your assessment and costs.",
    highlight: "It has these words as they are corrected, who says them, when, and the title of the interview. It ends with the highlight.",
  },
  audio: "With the recording",
  part: "With this part of the recording",
  lifetime: "Opens for",
  days,
  create: "Make a link",
  creating: "Making it…",
  notCreated: (reason: string) => `Couldn't make the link. ${reason}`,
  list: "Links",
  none: "No links yet",
  notLoaded: "Couldn't load the links.",
  what: (scope: string, withAudio: boolean) => (withAudio ? `${scope}, with the recording` : scope),
  short: { report: "Report", interview: "Interview", highlight: "Highlight" },
  link: (what: string) => `Link: ${what}`,
  views: (number: number) => (number ? `opened ${number === 1 ? "once" : `${number} times`}` : "never opened"),
  until: (time: string) => `until ${time}`,
  expired: (time: string) => `expired ${time}`,
  copy: "Copy link",
  copied: "Link copied",
  revoke: (what: string) => `Revoke the link: ${what}`,
  revoked: "The link is revoked.",
  notRevoked: (reason: string) => `Couldn't revoke the link. ${reason}`,
  close: "Close",
};

const tokens = {
  title: "Access tokens",
  about: "A program sends a token in place of your sign-in: Authorization: Bearer ilp_…",
  name: "Name",
  nameHint: "Where it is used, such as “Nightly export”",
  scope: "It may",
  scopes: { read: "Read", write: "Read and change" },
  lifetime: "Good for",
  days,
  create: "Make a token",
  creating: "Making it…",
  notCreated: (reason: string) => `Couldn't make the token. ${reason}`,
  made: "Copy the token now. It is not shown again.",
  secret: "Token",
  copy: "Copy token",
  copied: "Token copied",
  none: "No access tokens yet",
  notLoaded: "Couldn't load the access tokens.",
  unused: "never used",
  used: (time: string) => `last used ${time}`,
  until: (time: string) => `until ${time}`,
  expired: (time: string) => `expired ${time}`,
  revoke: (name: string) => `Revoke ${name}`,
  revokeSure: (name: string) => `Revoke “${name}”? Programs that use it stop working at once.`,
  revoked: (name: string) => `${name} is revoked.`,
  notRevoked: (reason: string) => `Couldn't revoke it. ${reason}`,
};

export const sharingText = { shares, tokens };
