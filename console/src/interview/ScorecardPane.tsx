import type { Analysis } from "../api/client";
import { text } from "../i18n/en";
import { interviewText } from "../i18n/interview";
import { labelOf } from "../lib/lookup";
import { isExtract } from "../model/evidence";
import { MOST_RATING, scorecardOf, type ScorecardEntry } from "../model/scorecard";
import { useInterview } from "../stores/interview/InterviewStore";
import { Matching, Warnings } from "./AnalysisParts";
import { Claims, Section } from "./Claims";
import { DecisionForm, OwnRatingForm } from "./OwnAssessment";
import { Pane } from "./Pane";
import { Quotes } from "./Quotes";
import { Runs } from "./Runs";

/** More quotes of a competency are folded. */
const SHOWN_QUOTES = 2;

export function ScorecardPane() {
  const store = useInterview();
  return (
    <Pane resource={store.analysis} step="analysis" name={text.part.names.analysis}>
      {(analysis) => <Scorecard analysis={analysis} />}
    </Pane>
  );
}

function Scorecard({ analysis }: { analysis: Analysis }) {
  const store = useInterview();
  const interview = store.interview.value;
  if (isExtract(analysis)) return <NoModel names={analysis.competencies.map(({ name }) => name)} />;
  const { entries, leftOut, refusal } = scorecardOf(analysis, interview?.rubric ?? null);
  // What was copied from a transcript of guesses matches it: no reason to praise it.
  const isPraised = interview?.usable?.ok !== false;
  return (
    <div class="analysis">
      <p class="validity">{isPraised ? <Matching analysis={analysis} /> : text.scorecard.lowQuality}</p>
      {refusal !== null && <p>{text.scorecard.refused(refusal)}</p>}
      {!entries.length && <p class="quiet">{text.scorecard.noCompetencies}</p>}
      {refusal === null && entries.length > 0 && (
        <section class="cards" aria-label={text.interview.panes.scorecard}>
          <h2 class="hidden">{text.interview.panes.scorecard}</h2>
          {entries.map((entry) => (
            <Competency key={entry.name} entry={entry} />
          ))}
          <p class="quiet small">{text.scorecard.scale}</p>
        </section>
      )}
      <Claims title={text.scorecard.strengths} claims={analysis.strengths} hideMissing />
      <Claims title={text.scorecard.concerns} claims={analysis.concerns} hideMissing />
      {analysis.follow_ups.length > 0 && (
        <Section title={text.scorecard.followUps}>
          <ul>
            {analysis.follow_ups.map((question) => (
              <li key={question}>{question}</li>
            ))}
          </ul>
        </Section>
      )}
      <Warnings analysis={analysis} />
      {leftOut > 0 && <p class="quiet small">{text.scorecard.leftOut(leftOut)}</p>}
      {refusal !== null && <OwnCards names={entries.map(({ name }) => name)} />}
      <DecisionForm />
      <Runs step="analysis" />
    </div>
  );
}

function Competency({ entry: { name, status, rating, rationale, quotes, anchors } }: { entry: ScorecardEntry }) {
  return (
    <article class="card">
      <header>
        <h3>{name}</h3>
        {rating === null ? (
          <span class="unrated">{labelOf(text.scorecard.unrated, status)}</span>
        ) : (
          <Rating rating={rating} />
        )}
      </header>
      <p>{rationale}</p>
      <Quotes quotes={quotes} most={SHOWN_QUOTES} />
      {anchors.length > 0 && (
        <details class="more">
          <summary>{text.scorecard.anchors}</summary>
          <dl class="anchors">
            {anchors.map((anchor) => (
              <div key={anchor.rating} class={anchor.rating === rating ? "this" : undefined}>
                <dt>{anchor.rating}</dt>
                <dd>{anchor.text}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      <OwnRatingForm name={name} />
    </article>
  );
}

/** A rating as a number, a word and a bar: never by hue alone. */
function Rating({ rating }: { rating: number }) {
  const word = text.scorecard.ratings[rating - 1] ?? "";
  return (
    <span class="rating" role="img" aria-label={text.scorecard.of(rating, word)}>
      <b>{rating}</b> {word}
      <span class="bar5">
        {Array.from({ length: MOST_RATING }, (_, step) => (
          <i key={step} class={step < rating ? "on" : undefined} />
        ))}
      </span>
    </span>
  );
}

/** Where the engine rates nothing, the person still can. */
function OwnCards({ names }: { names: string[] }) {
  const store = useInterview();
  if (store.isReadOnly || !names.length) return null;
  return (
    <section class="cards" aria-label={interviewText.assessment.title}>
      {names.map((name) => (
        <article key={name} class="card">
          <h3>{name}</h3>
          <OwnRatingForm name={name} />
        </article>
      ))}
    </section>
  );
}

/** Why there is no scorecard, and the settings that bring one. */
function NoModel({ names }: { names: string[] }) {
  return (
    <section class="analysis" aria-label={text.interview.panes.scorecard}>
      <p>{text.scorecard.noModel}</p>
      <p>{text.scorecard.noModelHow}</p>
      <ul class="settings">
        <li>
          <code>ANALYZER=gemini GEMINI_API_KEY=…</code>
        </li>
        <li>
          <code>ANALYZER=openai OPENAI_BASE_URL=…</code>
        </li>
      </ul>
      <OwnCards names={names} />
      <DecisionForm />
      <Runs step="analysis" />
    </section>
  );
}
