// The person's own assessment, beside the engine's: a rating and a comment with each
// competency, and the decision at the end.

import type { OwnRating } from "../stores/interview/AssessmentStore";
import { text } from "../i18n/en";
import { interviewText } from "../i18n/interview";
import { ago } from "../lib/format";
import { MOST_RATING } from "../model/scorecard";
import { useInterview } from "../stores/interview/InterviewStore";

const NONE: OwnRating = { rating: null, comment: "" };

/** The person's rating of a competency, with a comment. */
export function OwnRatingForm({ name }: { name: string }) {
  const { assessment, isReadOnly } = useInterview();
  if (isReadOnly) return null;
  const { rating, comment } = assessment.own.value.ratings[name] ?? NONE;
  return (
    <div class="own">
      <fieldset>
        <legend>
          <span class="hidden">{interviewText.assessment.rating(name)}</span>
          <span aria-hidden="true">{interviewText.assessment.ratingShort}</span>
        </legend>
        {Array.from({ length: MOST_RATING }, (_, at) => at + 1).map((value) => (
          <label key={value} class="point" title={text.scorecard.ratings[value - 1]}>
            <input
              type="radio"
              name={`own-${name}`}
              checked={rating === value}
              onChange={() => assessment.rate(name, { rating: value })}
            />
            <span>{value}</span>
          </label>
        ))}
        <label class="point">
          <input
            type="radio"
            name={`own-${name}`}
            checked={rating === null}
            onChange={() => assessment.rate(name, { rating: null })}
          />
          <span>{interviewText.assessment.unrated}</span>
        </label>
      </fieldset>
      <textarea
        dir="auto"
        rows={1}
        maxLength={2_000}
        placeholder={interviewText.assessment.comment}
        aria-label={interviewText.assessment.commentOn(name)}
        value={comment}
        onInput={(event) => assessment.rate(name, { comment: event.currentTarget.value })}
      />
    </div>
  );
}

/** The decision, the name of who decides, and what became of all of it. */
export function DecisionForm() {
  const { assessment, isReadOnly } = useInterview();
  if (isReadOnly) return null;
  const { decision, author } = assessment.own.value;
  const stored = assessment.stored.value?.assessment;
  return (
    <form
      class="own decision noprint"
      aria-label={interviewText.assessment.title}
      onSubmit={(event) => {
        event.preventDefault();
        void assessment.save();
      }}
    >
      <h2>{interviewText.assessment.title}</h2>
      <p class="quiet small">{interviewText.assessment.hint}</p>
      <label class="field">
        <span>{interviewText.assessment.decision}</span>
        <textarea
          dir="auto"
          rows={2}
          maxLength={2_000}
          value={decision}
          onInput={(event) => assessment.write({ decision: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>{interviewText.assessment.author}</span>
        <input
          dir="auto"
          maxLength={200}
          autoComplete="name"
          value={author}
          onInput={(event) => assessment.write({ author: event.currentTarget.value })}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary" disabled={!assessment.isChanged.value || assessment.isSaving.value}>
          {assessment.isSaving.value ? interviewText.assessment.saving : interviewText.assessment.save}
        </button>
        <span class="quiet small" role="status">
          {assessment.isChanged.value
            ? interviewText.assessment.unsaved
            : stored && interviewText.assessment.saved(stored.version, ago(stored.updated_at))}
        </span>
      </div>
      {assessment.failure.value && (
        <p class="bad small" role="alert">
          {interviewText.assessment.notSaved(assessment.failure.value)}
        </p>
      )}
    </form>
  );
}
