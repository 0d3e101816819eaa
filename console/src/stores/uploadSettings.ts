// The settings of new interviews. The last ones are remembered.

import { signal } from "@preact/signals";
import type { Channels, Kind } from "../api/client";
import { keep, numberBetween, oneOf, stored } from "../lib/storage";

export interface Settings {
  kind: Kind;
  channels: Channels;
  /** A BCP 47 tag, or `multi` for several; empty where the service is to detect it. */
  language: string;
  /** How many people speak, if that is known. */
  speakers: number | null;
  /** Days until the interview is deleted, if that is sooner than the service's own time. */
  retentionDays: number | null;
  /** Names and terms that are likely to be said, as they were typed. */
  keyTerms: string;
  /** The id of a stored rubric; empty for that of the kind. */
  rubric: string;
  /** The id of the collection that they go into; empty: none. It is not remembered. */
  collection: string;
  /** Tags, as they were typed. They are not remembered. */
  tags: string;
}

/** A file that is about to be uploaded. */
export interface UploadDraft {
  file: File;
  /** Empty: the name of the file. */
  title: string;
}

export const KINDS = ["job_interview", "user_research", "journalism", "other"] as const satisfies readonly Kind[];
export const CHANNELS = ["auto", "speakers", "mixed"] as const satisfies readonly Channels[];
/** Several languages in one conversation. */
export const SEVERAL = "multi";
/** The languages on offer; the service takes any. */
export const LANGUAGES = [
  "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
  "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
] as const;
export const MOST_SPEAKERS = 20;
export const MOST_DAYS = 3_650;
/** What the service takes of names and terms: so many, of so many characters each. */
const MOST_TERMS = 100;
/** What the service takes of tags. */
const MOST_TAGS = 20;
export const LONGEST_TAG = 50;
const LONGEST_TERM = 100;
/** The longest text of names and terms that is remembered, in characters. */
const LONGEST_TERMS = 4_000;

export const DEFAULTS: Settings = {
  kind: "job_interview",
  channels: "auto",
  language: "",
  speakers: null,
  retentionDays: null,
  keyTerms: "",
  rubric: "",
  collection: "",
  tags: "",
};

/** The settings that were used last, of which each is checked. */
export function storedSettings(): Settings {
  const whole = (most: number) => (text: string) => {
    const number = numberBetween(1, most)(text);
    return number !== null && Number.isInteger(number) ? number : null;
  };
  return {
    kind: stored("kind", oneOf(KINDS), DEFAULTS.kind),
    channels: stored("channels", oneOf(CHANNELS), DEFAULTS.channels),
    language: stored<string>("language", oneOf(["", SEVERAL, ...LANGUAGES]), DEFAULTS.language),
    speakers: stored<number | null>("speakers", whole(MOST_SPEAKERS), null),
    retentionDays: stored<number | null>("retention_days", whole(MOST_DAYS), null),
    keyTerms: stored("key_terms", (text) => (text.length <= LONGEST_TERMS ? text : null), ""),
    rubric: stored("rubric", (text) => (/^[a-z0-9]{0,64}$/i.test(text) ? text : null), ""),
    collection: "",
    tags: "",
  };
}

export class UploadSettings {
  readonly current = signal<Settings>(storedSettings());

  /** Uses and remembers other settings. */
  use(settings: Settings): void {
    this.current.value = { ...settings, collection: "", tags: "" };
    keep("kind", settings.kind);
    keep("channels", settings.channels);
    keep("language", settings.language);
    keep("speakers", String(settings.speakers ?? ""));
    keep("retention_days", String(settings.retentionDays ?? ""));
    keep("key_terms", settings.keyTerms);
    keep("rubric", settings.rubric);
  }
}

/** The names and terms of a text that has one on each line, or commas between them: each
 * once, and as many as the service takes. */
export function termsOf(text: string): string[] {
  const terms = text.split(/[\n,]/).map((term) => term.replace(/\p{Cc}+/gu, " ").trim().slice(0, LONGEST_TERM));
  return [...new Set(terms.filter((term) => term !== ""))].slice(0, MOST_TERMS);
}

/** The tags of a text that has commas between them: each once, and as many as the service
 * takes. */
export function tagsOf(text: string): string[] {
  const tags = text.split(/[\n,]/).map((tag) => tag.replace(/[\s\p{Cc}]+/gu, " ").trim().slice(0, LONGEST_TAG));
  const first = new Map(tags.filter(Boolean).reverse().map((tag) => [tag.toLowerCase(), tag]));
  return [...new Set(tags)].filter((tag) => first.get(tag.toLowerCase()) === tag).slice(0, MOST_TAGS);
}

/** The body by which an interview is created. */
export function interviewOf(title: string, settings: Settings): Record<string, unknown> {
  const { kind, channels, language, speakers, retentionDays, rubric } = settings;
  const terms = termsOf(settings.keyTerms);
  const tags = tagsOf(settings.tags);
  return {
    title,
    kind,
    channels,
    ...(language && { language }),
    ...(speakers !== null && { speakers_expected: speakers }),
    ...(retentionDays !== null && { retention_days: retentionDays }),
    ...(terms.length > 0 && { key_terms: terms }),
    ...(rubric && { rubric_id: rubric }),
    ...(settings.collection && { collection_id: settings.collection }),
    ...(tags.length > 0 && { tags }),
  };
}

/** A file's name without its extension. */
export function titleOf(name: string): string {
  return name.replace(/\.[^.]{1,5}$/, "") || name;
}
