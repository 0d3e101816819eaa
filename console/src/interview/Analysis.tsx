import type { Analysis, Claim } from "../api/client";
import { clock } from "../ui/format";
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
  const { summary, key_points, questions, topics, strengths, concerns, follow_ups } = analysis;
  const open = useOpen();
  const usable = open.interview.value?.usable;
  // What was copied from the transcript matches it: no reason to praise it.
  const praised = usable?.ok !== false && !isExtract(analysis);
  return (
    <div class="analysis">
      {praised && (
        <p class="validity">
          <Matching analysis={analysis} />
        </p>
      )}
      {analysis.warnings
        .filter(({ code }) => code !== NO_MODEL && !usable?.reasons.includes(code))
        .map(({ code, message }, index) => (
          <p key={`${code} ${index}`} class="banner">
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
      <Scorecard analysis={analysis} />
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
          <h2>Suggested follow-up questions</h2>
          <ul>
            {follow_ups.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      <p class="quiet small">
        {!praised && (
          <>
            <Matching analysis={analysis} />{" "}
          </>
        )}
        Made by {analysis.engine}
        {analysis.model && ` (${analysis.model})`}
        {analysis.cost_usd != null && analysis.cost_usd > 0 && ` for $${analysis.cost_usd.toFixed(4)}`}.
        <Repairs analysis={analysis} />
      </p>
    </div>
  );
}

/** The warning of an engine that selects sentences and judges nothing. */
const NO_MODEL = "no_language_model";

function isExtract({ warnings }: Analysis): boolean {
  return warnings.some(({ code }) => code === NO_MODEL);
}

/** How many of the quotes match the transcript. */
function Matching({ analysis }: { analysis: Analysis }) {
  const { key_points, competencies, questions, strengths, concerns } = analysis;
  const quotes = [key_points, competencies, questions, strengths, concerns].flat().flatMap(({ evidence }) => evidence);
  if (!quotes.length) return <>Nothing is quoted.</>;
  const matching = quotes.filter(({ status }) => status !== "unverified").length;
  return (
    <>
      {matching} of {quotes.length} {quotes.length === 1 ? "quote matches" : "quotes match"} the transcript.
    </>
  );
}

/** How many answers of the model were not the JSON that was requested. */
function Repairs({ analysis }: { analysis: Analysis }) {
  const repairs = analysis.usage.repairs ?? 0;
  if (!repairs) return null;
  return <> {repairs === 1 ? "One answer of the model was" : `${repairs} answers of the model were`} repaired.</>;
}

/** The ratings, or why there are none. */
function Scorecard({ analysis }: { analysis: Analysis }) {
  const { competencies } = analysis;
  if (isExtract(analysis)) {
    return (
      <section aria-label="Scorecard">
        <h2>Scorecard</h2>
        <p>
          No language model is connected, so nothing is rated. To get a scorecard, start the service with{" "}
          <code>ANALYZER=gemini</code> and <code>GEMINI_API_KEY</code>, or with <code>ANALYZER=openai</code> and{" "}
          <code>OPENAI_BASE_URL</code> (for example of Ollama).
        </p>
      </section>
    );
  }
  if (!competencies.length) return null;
  const [first] = competencies;
  const refused = competencies.every((own) => own.status === "not_assessed" && own.rationale === first?.rationale);
  return (
    <section>
      <h2>Competencies</h2>
      {refused ? (
        <p>Nothing is rated: {first?.rationale}.</p>
      ) : (
        competencies.map(({ name, status, rating, rationale, evidence }) => (
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
        ))
      )}
    </section>
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
