// What can be done with a passage: copied as a quotation, downloaded as audio.

import { bytes } from "../api/client";
import { reason } from "../api/errors";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { highlightText } from "../i18n/highlights";
import { clock } from "../lib/format";
import { saveFile } from "../lib/save";
import { toast } from "../ui/toasts";
import { quotation, type Said } from "./quotation";

/** An interview as it is quoted. */
export interface Source {
  id: string;
  title: string;
}

/** Copies a quotation to the clipboard. */
export async function copyQuotation({ id, title }: Source, parts: Said[], at: number): Promise<void> {
  try {
    await navigator.clipboard.writeText(quotation(parts, title, at, location.origin + hrefs.moment(id, at)));
    toast(highlightText.copied);
  } catch {
    toast(highlightText.notCopied, { bad: true });
  }
}

/** Downloads a part of the recording. */
export async function saveClip({ id, title }: Source, from: number, to: number, format: "wav" | "m4a"): Promise<void> {
  try {
    const answer = await bytes(`/v1/interviews/${id}/clip?from_ms=${from}&to_ms=${to}&format=${format}`);
    const name = `${title} ${clock(from)}`.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-").trim();
    saveFile(await answer.blob(), `${name}.${format}`);
  } catch (error) {
    toast(text.downloads.failed(reason(error)), { bad: true });
  }
}
