import { useEffect, useRef } from "preact/hooks";
import WaveSurfer from "wavesurfer.js";
import { colour, repaint, theme } from "../app/theme";
import { nonce } from "../config";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import type { Peaks } from "../model/peaks";
import { type Columns, wordAt } from "../model/transcript/columns";
import { type Viewport, viewportOf, WHOLE } from "../model/viewport";
import { useInterview } from "../stores/interview/InterviewStore";

/** Wavesurfer cuts all channels of its peaks in the same way: the second one says who
 * speaks, in parts of this. */
const CODES = 64;
const COLOURS = 6;

/** The speaker in each pixel: 0 in silence. */
function voices({ loudness, msPerPixel }: Peaks, words: Columns | null): Float32Array {
  return Float32Array.from(loudness, (_, pixel) => {
    if (!words) return 0;
    const ms = (pixel + 0.5) * msPerPixel;
    const word = wordAt(words, ms);
    // A breath between two words is still the speaker's.
    const speaks = word >= 0 && ms <= words.ends[word]! + 400;
    return speaks ? (1 + (words.speakers[word]! % COLOURS)) / CODES : 0;
  });
}

const BAR = 2;
const GAP = 1;

/** Draws bars coloured by speaker. */
function painter(colours: readonly string[], loudest: number) {
  return ([loudness, voices]: (Float32Array | number[])[], context: CanvasRenderingContext2D) => {
    const { width, height } = context.canvas;
    const ratio = devicePixelRatio || 1;
    const step = (BAR + GAP) * ratio;
    const bars = Math.ceil(width / step);
    const [length, middle] = [loudness!.length, height / 2];
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar / bars) * length);
      const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * length));
      let [most, voice] = [0, 0];
      for (let pixel = from; pixel < Math.min(to, length); pixel += 1) {
        if (loudness![pixel]! < most) continue;
        most = loudness![pixel]!;
        voice = voices?.[pixel] || voice;
      }
      const half = Math.max(ratio, (most / loudest) * (middle - ratio));
      context.fillStyle = colours[Math.round(voice * CODES)] ?? colours[0]!;
      context.fillRect(bar * step, middle - half, BAR * ratio, half * 2);
    }
  };
}

interface Props {
  /** Pixels for each second; 0 where all of it fits the box. */
  zoom: number;
  /** Called with the stretch that is shown. */
  onViewport: (viewport: Viewport) => void;
}

/** The waveform, and where in it the player is. It is a slider for keyboards and
 * screen readers. */
export function Waveform({ zoom, onViewport }: Props) {
  const store = useInterview();
  const { player } = store;
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<HTMLDivElement>(null);
  const surfer = useRef<WaveSurfer | null>(null);
  const [peaks, words, duration] = [store.peaks.value, store.transcript.value, player.duration.value];

  useEffect(() => {
    if (!drawn.current || !peaks || !duration) return;
    const made = WaveSurfer.create({
      container: drawn.current,
      media: player.audio,
      height: "auto",
      cursorWidth: 2,
      dragToSeek: true,
      autoCenter: false,
      cspNonce: nonce(),
      peaks: [peaks.loudness, voices(peaks, words)],
      duration: duration / 1000,
    });
    surfer.current = made;
    // It looks where the player is when it is told that this has changed.
    made.on("ready", () => player.audio.dispatchEvent(new Event("timeupdate")));
    // It seeks by itself; that nothing is to stop at the end of a quote it does not know.
    made.on("interaction", (seconds) => player.seek(seconds * 1000));
    const report = () => onViewport(viewportOf(made.getScroll(), made.getWidth(), made.getWrapper().scrollWidth));
    for (const event of ["ready", "redraw", "zoom", "scroll", "resize"] as const) made.on(event, report);
    return () => {
      surfer.current = null;
      made.destroy();
      onViewport(WHOLE);
    };
  }, [peaks, words, duration]);

  useEffect(() => {
    const made = surfer.current;
    if (!made || !peaks) return;
    const colours = ["--text-3", ...Array.from({ length: COLOURS }, (_, voice) => `--voice-${voice}`)].map(colour);
    const loudest = Math.max(0.05, ...loudestOf(peaks));
    made.setOptions({
      renderFunction: painter(colours, loudest),
      progressColor: colour("--played"),
      cursorColor: colour("--accent"),
      minPxPerSec: zoom,
    });
  }, [peaks, words, duration, zoom, theme.value, repaint.value]);

  useEffect(
    () =>
      player.onPosition((ms) => {
        box.current?.setAttribute("aria-valuenow", String(Math.round(ms / 1000)));
        box.current?.setAttribute("aria-valuetext", clock(ms));
        if (!peaks && drawn.current) {
          drawn.current.style.setProperty("--at", String(ms / (player.duration.value || 1)));
        }
      }),
    [peaks],
  );

  const step: Record<string, number> = { ArrowLeft: -5_000, ArrowDown: -5_000, ArrowRight: 5_000, ArrowUp: 5_000, PageUp: 60_000, PageDown: -60_000 };
  return (
    <div
      ref={box}
      class="waveform"
      role="slider"
      tabIndex={0}
      aria-label={text.player.position}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration / 1000)}
      aria-valuenow={0}
      aria-valuetext={clock(0)}
      onKeyDown={(event) => {
        const by = step[event.key];
        if (by === undefined && event.key !== "Home" && event.key !== "End") return;
        event.preventDefault();
        event.stopPropagation();
        player.seek(by === undefined ? (event.key === "Home" ? 0 : player.duration.value) : player.now + by);
      }}
    >
      <div
        ref={drawn}
        class={peaks ? "drawn" : "drawn flat"}
        onClick={(event) => {
          if (peaks) return;
          const { left, width } = event.currentTarget.getBoundingClientRect();
          player.seek(((event.clientX - left) / width) * player.duration.value);
        }}
      />
    </div>
  );
}

/** Not all at once: there are more pixels than a call takes arguments. */
function loudestOf({ loudness }: Peaks): number[] {
  let most = 0;
  for (const value of loudness) most = Math.max(most, value);
  return [most];
}
