import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { useOpen } from "./store";
import { Timeline } from "./Timeline";
import { Waveform } from "./Waveform";

const RATES = [0.75, 1, 1.25, 1.5, 2];
const ZOOMS = [
  ["Whole", 0],
  ["Closer", 20],
  ["Closest", 100],
] as const;

/** The player: waveform, time line and buttons. */
export function Controls() {
  const { player, interview } = useOpen();
  const zoom = useSignal(0);
  if (!interview.value?.audio?.url) return null;
  return (
    <section class="player" aria-label="Player">
      <Waveform zoom={zoom.value} />
      <Timeline />
      <div class="controls">
        <button type="button" class="bare" aria-label="Back 5 seconds" onClick={() => player.seek(player.now - 5_000)}>
          −5
        </button>
        <button
          type="button"
          class="primary round"
          aria-label={player.playing.value ? "Pause" : "Play"}
          onClick={() => player.toggle()}
        >
          <Icon name={player.playing.value ? "pause" : "play"} />
        </button>
        <button type="button" class="bare" aria-label="Forward 5 seconds" onClick={() => player.seek(player.now + 5_000)}>
          +5
        </button>
        <Now />
        <label class="push">
          <span class="hidden">Speed</span>
          <select value={player.rate.value} onChange={(event) => player.faster(Number(event.currentTarget.value))}>
            {RATES.map((rate) => (
              <option key={rate} value={rate}>
                {rate}×
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="hidden">Zoom of the waveform</span>
          <select value={zoom.value} onChange={(event) => (zoom.value = Number(event.currentTarget.value))}>
            {ZOOMS.map(([name, value]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {player.failed.value && (
        <p class="bad" role="alert">
          The recording cannot be played here. It is kept, and everything else works.
        </p>
      )}
    </section>
  );
}

/** The position; written past the framework, as it changes with every frame. */
function Now() {
  const { player } = useOpen();
  const text = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      player.hear((ms) => {
        const now = clock(ms);
        if (text.current && text.current.textContent !== now) text.current.textContent = now;
      }),
    [],
  );
  return (
    <span class="time">
      <span ref={text} data-testid="now">
        {clock(player.now)}
      </span>{" "}
      / {clock(player.duration.value)}
    </span>
  );
}
