import { useMemo } from "preact/hooks";
import type { Analysis } from "../api/client";
import { clock, percent, span } from "../ui/format";
import { pace, type Pace, PAUSES, pauses } from "./figures";
import { useOpen } from "./store";

/** The conversation in figures: each speaker's talk share and pace, and the pauses. */
export function Charts() {
  const open = useOpen();
  const [metrics, words] = [open.analysis.value?.metrics, open.transcript.value];
  const figures = useMemo(() => words && { pace: pace(words), pauses: pauses(words) }, [words]);
  if (!metrics && !figures) return <p class="quiet pad">You'll see the conversation stats here once the transcript is ready.</p>;
  return (
    <div class="charts">
      {metrics && <Shares metrics={metrics} />}
      {figures && <PaceChart pace={figures.pace} />}
      {figures && <Pauses counts={figures.pauses} />}
      {metrics && <Table metrics={metrics} />}
    </div>
  );
}

type Metrics = Analysis["metrics"];

function Shares({ metrics }: { metrics: Metrics }) {
  const open = useOpen();
  const speakers = Object.entries(metrics.speakers);
  return (
    <figure>
      <figcaption>Talk share</figcaption>
      <div class="shares">
        {speakers.map(([id, { talk_share }]) => (
          <span key={id} class={`fill-${Number(id) % 6}`} style={{ flexGrow: talk_share }} title={open.name(Number(id))}>
            {talk_share > 0.08 && percent(talk_share)}
          </span>
        ))}
      </div>
      <ul class="legend">
        {speakers.map(([id, { talk_share, talk_ms }]) => (
          <li key={id} class={`voice-${Number(id) % 6}`}>
            {open.name(Number(id))}: {percent(talk_share)}, {span(talk_ms)}
          </li>
        ))}
      </ul>
      <p class="quiet">
        Silence: {span(metrics.silence_ms)} of {span(metrics.duration_ms)}.
      </p>
    </figure>
  );
}

const [WIDTH, HEIGHT] = [600, 140];

function PaceChart({ pace: { sliceMs, speakers } }: { pace: Pace }) {
  const open = useOpen();
  let most = 60;
  for (const counts of speakers.values()) for (const count of counts) most = Math.max(most, count);
  most = Math.ceil(most / 60) * 60;
  const slices = speakers.values().next().value?.length ?? 1;
  const x = (slice: number) => ((slice + 0.5) / slices) * WIDTH;
  const y = (count: number) => HEIGHT - (count / most) * HEIGHT;
  const names = [...speakers.keys()].map((id) => open.name(id)).join(", ");
  return (
    <figure>
      <figcaption>Words a minute, in slices of {span(sliceMs)}</figcaption>
      <svg
        class="pace"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Pace of ${names} over the recording, at most ${most} words a minute`}
      >
        {[0.5, 1].map((share) => (
          <line key={share} x1="0" x2={WIDTH} y1={HEIGHT * (1 - share)} y2={HEIGHT * (1 - share)} />
        ))}
        {[...speakers].map(([id, counts]) => (
          <polyline
            key={id}
            class={`stroke-${id % 6}`}
            points={Array.from(counts, (count, slice) => `${x(slice).toFixed(1)},${y(count).toFixed(1)}`).join(" ")}
          />
        ))}
      </svg>
      <p class="axis quiet">
        <span>{clock(0)}</span>
        <span>top: {most} words a minute</span>
        <span>{clock(sliceMs * slices)}</span>
      </p>
    </figure>
  );
}

function Pauses({ counts }: { counts: number[] }) {
  const most = Math.max(1, ...counts);
  return (
    <figure>
      <figcaption>Pauses between words</figcaption>
      <dl class="bars">
        {PAUSES.map(([name], bin) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <i style={{ width: `${(counts[bin]! / most) * 75}%` }} />
              {counts[bin]}
            </dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}

function Table({ metrics }: { metrics: Metrics }) {
  const open = useOpen();
  const speakers = Object.entries(metrics.speakers);
  type Of = (speaker: Metrics["speakers"][string]) => string | number;
  const rows: [string, Of][] = [
    ["Words", ({ words }) => words.toLocaleString()],
    ["Words a minute", ({ words_per_minute }) => Math.round(words_per_minute)],
    ["Longest monologue", ({ longest_monologue_ms }) => span(longest_monologue_ms)],
    ["Response delay", ({ response_delay_ms }) => (response_delay_ms == null ? "–" : span(response_delay_ms))],
    ["Questions", ({ questions }) => questions],
    ["Interruptions", ({ interruptions }) => interruptions],
    ["Filler words", ({ fillers }) => fillers],
  ];
  return (
    <div class="wide" tabIndex={0} role="region" aria-label="Conversation stats by speaker">
      <table>
        <thead>
          <tr>
            <td />
            {speakers.map(([id]) => (
              <th key={id} scope="col">
                {open.name(Number(id))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {speakers.map(([id, speaker]) => (
                <td key={id}>{of(speaker)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
