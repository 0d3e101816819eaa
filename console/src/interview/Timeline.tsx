import { useEffect, useRef } from "preact/hooks";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { placeIn, stretchIn, type Viewport } from "../model/viewport";
import { useInterview } from "../stores/interview/InterviewStore";

/** A topic is shown at least as wide as this share of the viewport. */
const LEAST = 1 / 200;
const per = (share: number) => `${100 * share}%`;

/** The topics and notes over the stretch that the waveform shows. */
export function Timeline({ viewport }: { viewport: Viewport }) {
  const store = useInterview();
  const { player } = store;
  const needle = useRef<HTMLElement>(null);
  const topics = store.analysis.value?.topics ?? [];
  const notes = (store.notes.list.value ?? []).filter(({ at_ms }) => at_ms != null);
  const length = player.duration.value || 1;
  useEffect(() => {
    const move = (ms: number) => {
      if (needle.current) needle.current.style.left = per(placeIn(viewport, ms / length));
    };
    move(player.now);
    return player.onPosition(move);
  }, [player, length, viewport, topics.length + notes.length > 0]);
  if (!topics.length && !notes.length) return null;
  return (
    <div class="timeline" role="group" aria-label={text.player.timeline}>
      <div class="topics">
        {topics.map(({ title, start_ms, end_ms }, index) => {
          const place = stretchIn(viewport, start_ms / length, end_ms / length);
          if (!place) return null;
          return (
            <button
              key={index}
              type="button"
              class={`topic tone-${index % 6}`}
              style={{ left: per(place.left), width: per(Math.max(place.width, LEAST)) }}
              title={text.player.topic(title, clock(start_ms), clock(end_ms))}
              onClick={() => void player.play(start_ms)}
            >
              {title}
            </button>
          );
        })}
      </div>
      {notes.map(({ id, at_ms, kind, text: note }) => {
        const place = placeIn(viewport, (at_ms ?? 0) / length);
        if (place < 0 || place > 1) return null;
        return (
          <button
            key={id}
            type="button"
            class={`mark ${kind}`}
            style={{ left: per(place) }}
            title={note}
            aria-label={(kind === "bookmark" ? text.player.bookmark : text.player.note)(clock(at_ms ?? 0))}
            onClick={() => player.seek(at_ms ?? 0)}
          />
        );
      })}
      <i ref={needle} class="needle" />
    </div>
  );
}
