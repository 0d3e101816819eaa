import type { Analysis, Claim } from "../api/client";
import { clock, percent } from "../ui/format";
import { Icon } from "../ui/icons";
import { Quotes } from "./Evidence";
import { Missing } from "./Missing";
import { useOpen } from "./store";

export function AnalysisPart() {
  const open = useOpen();
  const analysis = open.analysis.value;
  return analysis ? <Made analysis={analysis} /> : <Missing step="analysis" name="analysis" />;
}

function Made({ analysis }: { analysis: Analysis }) {
  const { summary, key_points, competencies, questions, topics, strengths, concerns, follow_ups } = analysis;
  const open = useOpen();
  return (
    <div class="analysis">
      <Validity analysis={analysis} />
      {analysis.warnings.map(({ code, message }) => (
        <p key={code} class="banner">
          <Icon name="warning" /> {message}
        </p>
      ))}
      {summary && (
        <section>
          <h2>Summary</h2>
          <p>{summary}</p>
        </section>
      )}
      <Claims title="Key points" claims={key_points} />
      {competencies.length > 0 && (
        <section>
          <h2>Competencies</h2>
          {competencies.map(({ name, status, rating, rationale, evidence }) => (
            <article key={name}>
              <h3>
                {name}{" "}
                {rating == null ? (
                  <span class="quiet">{status === "not_assessed" ? "not assessed" : "not enough evidence"}</span>
                ) : (
                  <Rating rating={rating} />
                )}
              </h3>
              <p>{rationale}</p>
              <Quotes evidence={evidence} />
            </article>
          ))}
        </section>
      )}
      {topics.length > 0 && (
        <section>
          <h2>Topics</h2>
          <ol class="plain">
            {topics.map(({ title, start_ms }, index) => (
              <li key={index} class={`tone-${index % 6}`}>
                <button type="button" class="at" onClick={() => void open.player.play(start_ms)}>
                  {clock(start_ms)}
                </button>{" "}
                {title}
              </li>
            ))}
          </ol>
        </section>
      )}
      {questions.length > 0 && (
        <section>
          <h2>Questions and answers</h2>
          {questions.map(({ question, answer, evidence }, index) => (
            <article key={index}>
              <h3>{question}</h3>
              {answer && <p>{answer}</p>}
              <Quotes evidence={evidence} />
            </article>
          ))}
        </section>
      )}
      <Claims title="Strengths" claims={strengths} />
      <Claims title="Concerns" claims={concerns} />
      {follow_ups.length > 0 && (
        <section>
          <h2>To ask next</h2>
          <ul>
            {follow_ups.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      <p class="quiet small">
        Made by {analysis.engine}
        {analysis.model && ` (${analysis.model})`}
        {analysis.cost_usd != null && analysis.cost_usd > 0 && ` for $${analysis.cost_usd.toFixed(4)}`}.
      </p>
    </div>
  );
}

/** How many of the quotes are in the recording, on top of everything they support. */
function Validity({ analysis: { evidence_validity } }: { analysis: Analysis }) {
  if (evidence_validity == null) return null;
  return (
    <p class="validity">
      <b>{percent(evidence_validity)}</b> of the quotes are verified in the recording.
      <meter min={0} max={1} value={evidence_validity} aria-hidden="true" />
    </p>
  );
}

function Claims({ title, claims }: { title: string; claims: Claim[] }) {
  if (!claims.length) return null;
  return (
    <section>
      <h2>{title}</h2>
      {claims.map(({ text, evidence }, index) => (
        <article key={index}>
          {/* An engine that only selects sentences claims what it quotes. */}
          {!evidence.some(({ quote }) => quote === text) && <p>{text}</p>}
          <Quotes evidence={evidence} />
        </article>
      ))}
    </section>
  );
}

function Rating({ rating }: { rating: number }) {
  return (
    <span class="rating" role="img" aria-label={`${rating} of 5`}>
      {"●".repeat(rating)}
      {"○".repeat(5 - rating)}
    </span>
  );
}
