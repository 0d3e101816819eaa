import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Choice } from "../ui/Choice";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { useOpen } from "./store";
import { Timeline } from "./Timeline";
import { Waveform } from "./Waveform";

const RATES = [0.75, 1, 1.25, 1.5, 2].map((rate) => [rate, `${rate}×`] as const);
const ZOOMS = [
  [0, "Fit"],
  [20, "Medium"],
  [100, "Large"],
] as const;

const FAILED = {
  unreachable: "The recording cannot be reached. Press play to try again.",
  unplayable: "This browser cannot play the recording.",
};

/** The player: waveform, time line and buttons. */
export function Controls() {
  const { player, interview } = useOpen();
  const zoom = useSignal<(typeof ZOOMS)[number][0]>(0);
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
        <Choice
          class="push"
          label="Speed"
          options={RATES}
          value={player.rate.value}
          onChoose={(rate) => player.faster(rate)}
        />
        <Choice
          label="Zoom of the waveform"
          options={ZOOMS}
          value={zoom.value}
          onChoose={(wanted) => (zoom.value = wanted)}
        />
      </div>
      {player.failed.value && (
        <p class="bad" role="alert">
          {FAILED[player.failed.value]}
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
