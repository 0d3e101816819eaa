import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { keep, oneOf, stored } from "../lib/storage";
import { type Viewport, WHOLE } from "../model/viewport";
import { useInterview } from "../stores/interview/InterviewStore";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { Timeline } from "./Timeline";
import { Waveform } from "./Waveform";

const RATES = [0.75, 1, 1.25, 1.5, 2];
/** Pixels for each second. */
const ZOOMS = [
  [0, text.player.zooms.fit],
  [20, text.player.zooms.medium],
  [100, text.player.zooms.large],
] as const;
/** On lower screens the dock is one row at first. */
const HIGH = "(min-width: 861px) and (min-height: 700px)";

function wasRaised(): boolean {
  return stored("dock", oneOf(["raised", "low"]), matchMedia(HIGH).matches ? "raised" : "low") === "raised";
}

/** The player at the bottom of the page: one row, or raised with topics, notes and zoom. */
export function Dock() {
  const { player, interview } = useInterview();
  const zoom = useSignal<(typeof ZOOMS)[number][0]>(0);
  const viewport = useSignal<Viewport>(WHOLE);
  const isRaised = useSignal(wasRaised());
  if (!interview.value?.audio?.url) return null;
  return (
    <section class={isRaised.value ? "dock raised" : "dock"} aria-label={text.player.section}>
      {isRaised.value && <Timeline viewport={viewport.value} />}
      {player.failed.value && (
        <p class="bad" role="alert">
          {text.player[player.failed.value]}
        </p>
      )}
      <Transport />
      <Waveform zoom={isRaised.value ? zoom.value : 0} onViewport={(next) => (viewport.value = next)} />
      <Rate />
      {isRaised.value && (
        <Choice label={text.player.zoom} options={ZOOMS} value={zoom.value} onChoose={(wanted) => (zoom.value = wanted)} />
      )}
      <Raise isRaised={isRaised} />
    </section>
  );
}

function Transport() {
  const { player } = useInterview();
  return (
    <div class="transport">
      <button type="button" class="bare" aria-label={text.player.back} onClick={() => player.seek(player.now - 5_000)}>
        −5
      </button>
      <button
        type="button"
        class="primary round"
        aria-label={player.playing.value ? text.player.pause : text.player.play}
        onClick={() => player.toggle()}
      >
        <Icon name={player.playing.value ? "pause" : "play"} />
      </button>
      <button type="button" class="bare" aria-label={text.player.forward} onClick={() => player.seek(player.now + 5_000)}>
        +5
      </button>
      <Position />
    </div>
  );
}

/** The speed; a speed that was kept by another release is one of the options. */
function Rate() {
  const { player } = useInterview();
  const rates = [...new Set([...RATES, player.rate.value])].sort((a, b) => a - b);
  return (
    <Choice
      class="rate"
      label={text.player.speed}
      options={rates.map((rate) => [rate, `${rate}×`] as const)}
      value={player.rate.value}
      onChoose={(rate) => player.setRate(rate)}
    />
  );
}

function Raise({ isRaised }: { isRaised: Signal<boolean> }) {
  return (
    <button
      type="button"
      class="bare raise"
      aria-label={isRaised.value ? text.player.less : text.player.more}
      aria-expanded={isRaised.value}
      onClick={() => {
        isRaised.value = !isRaised.value;
        keep("dock", isRaised.value ? "raised" : "low");
      }}
    >
      <Icon name={isRaised.value ? "down" : "up"} />
    </button>
  );
}

/** The position; written past the framework, as it changes with every frame. */
function Position() {
  const { player } = useInterview();
  const position = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      player.onPosition((ms) => {
        const now = clock(ms);
        if (position.current && position.current.textContent !== now) position.current.textContent = now;
      }),
    [player],
  );
  return (
    <span class="time">
      <span ref={position} data-testid="now">
        {clock(player.now)}
      </span>{" "}
      / {clock(player.duration.value)}
    </span>
  );
}
