// The person's own assessment: ratings, comments, a decision and a name, beside the
// engine's. What is being written is kept while other panes are shown.

import { computed, signal } from "@preact/signals";
import type { Assessment, NewAssessment } from "../../api/client";
import { Resource } from "../../api/resource";
import { attempt, type Outcome } from "../../lib/outcome";
import type { Scope } from "../../lib/scope";
import type { InterviewService } from "./service";

export interface OwnRating {
  rating: number | null;
  comment: string;
}

export interface OwnAssessment {
  /** By the names of competencies. */
  ratings: Readonly<Record<string, OwnRating>>;
  decision: string;
  author: string;
}

const NOTHING: OwnAssessment = { ratings: {}, decision: "", author: "" };

/** What is stored, as the form has it. */
export function ownOf(assessment: Assessment | null): OwnAssessment {
  if (!assessment) return NOTHING;
  const ratings = assessment.competencies.map(({ name, rating, comment }) => [name, { rating, comment: comment ?? "" }]);
  return { ratings: Object.fromEntries(ratings), decision: assessment.decision ?? "", author: assessment.author ?? "" };
}

/** What is sent: what is left empty is left out. */
export function bodyOf({ ratings, decision, author }: OwnAssessment): NewAssessment {
  const given = Object.entries(ratings).filter(([, { rating, comment }]) => rating !== null || comment.trim());
  return {
    competencies: given.map(([name, { rating, comment }]) => ({ name, rating, comment: comment.trim() || null })),
    decision: decision.trim() || null,
    author: author.trim() || null,
  };
}

export class AssessmentStore {
  readonly stored: Resource<{ assessment: Assessment | null }>;
  readonly isSaving = signal(false);
  /** Why it was not saved; empty where it was. */
  readonly failure = signal("");
  readonly #draft = signal<OwnAssessment | null>(null);
  /** What is shown: what is being written, or else what is stored. */
  readonly own = computed(() => this.#draft.value ?? ownOf(this.stored.value?.assessment ?? null));
  readonly isChanged = computed(() => this.#draft.value !== null);

  constructor(
    scope: Scope,
    private readonly service: InterviewService,
    private readonly saved: () => void,
  ) {
    this.stored = new Resource(scope, (signal) => service.assessment(signal));
  }

  rate(name: string, change: Partial<OwnRating>): void {
    const { ratings } = this.own.value;
    const before = ratings[name] ?? { rating: null, comment: "" };
    this.write({ ratings: { ...ratings, [name]: { ...before, ...change } } });
  }

  write(change: Partial<OwnAssessment>): void {
    this.#draft.value = { ...this.own.value, ...change };
  }

  /** Saves it as a new version. What is written meanwhile stays to be saved. */
  async save(): Promise<Outcome> {
    const draft = this.#draft.value;
    if (!draft || this.isSaving.value) return { ok: true };
    this.isSaving.value = true;
    const outcome = await attempt(async () => {
      this.stored.set({ assessment: await this.service.assess(bodyOf(draft)) });
      if (this.#draft.value === draft) this.#draft.value = null;
      this.saved();
    });
    this.failure.value = outcome.ok ? "" : outcome.error.message;
    this.isSaving.value = false;
    return outcome;
  }
}
