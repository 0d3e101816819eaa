import type { Interview } from "../api/client";
import { text } from "../i18n/en";

/** In a few words that the transcript cannot be relied on, or not for everything. */
export function unusableHeading({ usable }: Pick<Interview, "usable">): string | null {
  const { unreliable, oneSpeaker, limited } = text.unusableHeading;
  if (!usable || (usable.ok && !usable.reasons.length)) return null;
  if (!usable.ok) return unreliable;
  return usable.reasons.includes("one_speaker") ? oneSpeaker : limited;
}
