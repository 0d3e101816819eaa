import { useEffect, useRef } from "preact/hooks";
import { clock } from "../ui/format";
import { useOpen } from "./store";

/** What the recording is about and when, with the notes, over its whole length. */
export function Timeline() {
  const open = useOpen();
  const { player } = open;
  const needle = useRef<HTMLElement>(null);
  const topics = open.analysis.value?.topics ?? [];
  const notes = (open.notes.value ?? []).filter(({ at_ms }) => at_ms != null);
  const length = player.duration.value || 1;
  const place = (ms: number) => `${(100 * ms) / length}%`;
  useEffect(
    () =>
      player.hear((ms) => {
        if (needle.current) needle.current.style.left = place(ms);
      }),
    [length],
  );
  if (!topics.length && !notes.length) return null;
  return (
    <div class="timeline" role="group" aria-label="Topics and notes in time">
      <div class="topics">
        {topics.map(({ title, start_ms, end_ms }, index) => (
          <button
            key={index}
            type="button"
            class={`topic tone-${index % 6}`}
            style={{ left: place(start_ms), width: place(Math.max(end_ms - start_ms, length / 200)) }}
            title={`${title}, ${clock(start_ms)} to ${clock(end_ms)}`}
            onClick={() => void player.play(start_ms)}
          >
            {title}
          </button>
        ))}
      </div>
      {notes.map(({ id, at_ms, kind, text }) => (
        <button
          key={id}
          type="button"
          class={`mark ${kind}`}
          style={{ left: place(at_ms ?? 0) }}
          title={text}
          aria-label={`${kind === "note" ? "Note" : "Bookmark"} at ${clock(at_ms ?? 0)}`}
          onClick={() => player.seek(at_ms ?? 0)}
        />
      ))}
      <i ref={needle} class="needle" />
    </div>
  );
}
