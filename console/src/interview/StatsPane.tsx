import { useMemo } from "preact/hooks";
import type { Analysis, Quality } from "../api/client";
import { text } from "../i18n/en";
import { clock, number, percent, span } from "../lib/format";
import { pace, type Pace, PAUSES, pauses } from "../model/figures";
import { useInterview } from "../stores/interview/InterviewStore";

/** The conversation in figures: each speaker's talk share and pace, and the pauses. */
export function StatsPane() {
  const store = useInterview();
  const [metrics, words] = [store.analysis.value?.metrics, store.transcript.value];
  const figures = useMemo(() => words && { pace: pace(words), pauses: pauses(words) }, [words]);
  const quality = words ? words.quality : metrics?.quality;
  if (!metrics && !figures) return <p class="quiet pad">{text.stats.soon}</p>;
  return (
    <div class="charts">
      {metrics && <Shares metrics={metrics} />}
      {figures && <PaceChart pace={figures.pace} />}
      {figures && <Pauses counts={figures.pauses} />}
      {metrics && <Table metrics={metrics} />}
      {quality && <QualityTable quality={quality} />}
    </div>
  );
}

/** How far the transcript can be trusted. */
function QualityTable({ quality }: { quality: Quality }) {
  const names = text.stats.qualityRows;
  const rows: [string, string][] = [
    [names.words, number(quality.words)],
    [names.confidence, percent(quality.mean_confidence)],
    [names.unsure, percent(quality.low_confidence_share)],
    [names.coverage, percent(quality.speech_coverage)],
    [names.repetition, percent(quality.repetition_share)],
  ];
  return (
    <table>
      <caption>{text.stats.quality}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Metrics = Analysis["metrics"];

function Shares({ metrics }: { metrics: Metrics }) {
  const store = useInterview();
  const speakers = Object.entries(metrics.speakers);
  return (
    <figure>
      <figcaption>{text.stats.talkShare}</figcaption>
      <div class="shares">
        {speakers.map(([id, { talk_share }]) => (
          <span key={id} class={`fill-${Number(id) % 6}`} style={{ flexGrow: talk_share }} title={store.speakers.name(Number(id))}>
            {talk_share > 0.08 && percent(talk_share)}
          </span>
        ))}
      </div>
      <ul class="legend">
        {speakers.map(([id, { talk_share, talk_ms }]) => (
          <li key={id} class={`voice-${Number(id) % 6}`}>
            {text.stats.share(store.speakers.name(Number(id)), percent(talk_share), span(talk_ms))}
          </li>
        ))}
      </ul>
      <p class="quiet">{text.stats.silence(span(metrics.silence_ms), span(metrics.duration_ms))}</p>
    </figure>
  );
}

const [WIDTH, HEIGHT] = [600, 140];

function PaceChart({ pace: { sliceMs, speakers } }: { pace: Pace }) {
  const store = useInterview();
  let most = 60;
  for (const counts of speakers.values()) for (const count of counts) most = Math.max(most, count);
  most = Math.ceil(most / 60) * 60;
  const slices = speakers.values().next().value?.length ?? 1;
  const x = (slice: number) => ((slice + 0.5) / slices) * WIDTH;
  const y = (count: number) => HEIGHT - (count / most) * HEIGHT;
  const names = [...speakers.keys()].map((id) => store.speakers.name(id)).join(", ");
  return (
    <figure>
      <figcaption>{text.stats.pace(span(sliceMs))}</figcaption>
      <svg
        class="pace"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text.stats.paceOf(names, most)}
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
        <span>{text.stats.top(most)}</span>
        <span>{clock(sliceMs * slices)}</span>
      </p>
    </figure>
  );
}

function Pauses({ counts }: { counts: number[] }) {
  const most = Math.max(1, ...counts);
  return (
    <figure>
      <figcaption>{text.stats.pauses}</figcaption>
      <dl class="bars">
        {PAUSES.map((least, bin) => (
          <div key={least}>
            <dt>{text.stats.pauseBins[bin]}</dt>
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
  const store = useInterview();
  const speakers = Object.entries(metrics.speakers);
  const names = text.stats.rows;
  type Of = (speaker: Metrics["speakers"][string]) => string | number;
  const rows: [string, Of][] = [
    [names.words, ({ words }) => number(words)],
    [names.pace, ({ words_per_minute }) => Math.round(words_per_minute)],
    [names.monologue, ({ longest_monologue_ms }) => span(longest_monologue_ms)],
    [names.delay, ({ response_delay_ms }) => (response_delay_ms == null ? "–" : span(response_delay_ms))],
    [names.questions, ({ questions }) => questions],
    [names.interruptions, ({ interruptions }) => interruptions],
    [names.fillers, ({ fillers }) => fillers],
  ];
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={text.stats.table}>
      <table>
        <thead>
          <tr>
            <td />
            {speakers.map(([id]) => (
              <th key={id} scope="col">
                {store.speakers.name(Number(id))}
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
