// The fields of settings that new interviews and others have alike.

import type { Interview, Kind, Rubric } from "../api/client";
import { formText } from "../i18n/forms";
import { text } from "../i18n/en";
import { LOCALE } from "../i18n/locale";
import { KEEP, OF_KIND, otherRubrics } from "../model/rubric";
import { KINDS, LANGUAGES, MOST_DAYS, MOST_SPEAKERS, SEVERAL } from "../stores/uploadSettings";
import { Choice } from "./Choice";

const names = new Intl.DisplayNames(LOCALE, { type: "language", fallback: "code" });

/** The name of a language; its tag where it has none. */
function nameOf(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

const languages: readonly (readonly [string, string])[] = [
  [SEVERAL, text.language.several],
  ...LANGUAGES.map((tag) => [tag, nameOf(tag)] as const).sort(([, a], [, b]) => a.localeCompare(b, LOCALE)),
];
const speakers = [
  [0, formText.settings.unknown] as const,
  ...Array.from({ length: MOST_SPEAKERS }, (_, at) => [at + 1, String(at + 1)] as const),
];

export function KindChoice({ value, onChoose }: { value: Kind; onChoose: (kind: Kind) => void }) {
  const options = KINDS.map((kind) => [kind, text.kind[kind]] as const);
  return <Choice isLabelled label={formText.settings.kind} options={options} value={value} onChoose={onChoose} />;
}

interface LanguageProps {
  /** Empty where it is detected. */
  value: string;
  onChoose: (language: string) => void;
  /** Whether it can be left to the service. */
  canDetect: boolean;
}

export function LanguageChoice({ value, onChoose, canDetect }: LanguageProps) {
  const isListed = languages.some(([tag]) => tag === value);
  const options = [
    ...(canDetect ? [["", formText.settings.detect] as const] : []),
    ...(value && !isListed ? [[value, nameOf(value)] as const] : []),
    ...languages,
  ];
  return <Choice isLabelled label={formText.settings.language} options={options} value={value} onChoose={onChoose} />;
}

interface RubricProps {
  /** The interview that has one already. */
  interview?: Interview;
  /** The stored ones; null until they are known. */
  rubrics: Rubric[] | null;
  /** `KEEP`, `OF_KIND`, or the id of a stored one. */
  value: string;
  onChoose: (rubric: string) => void;
}

export function RubricChoice({ interview, rubrics, value, onChoose }: RubricProps) {
  const { ownRubric, thisRubric, rubricVersion, rubric: label } = formText.settings;
  const all = rubrics ?? [];
  const present = all.find(({ id }) => id === interview?.rubric_id);
  const version = interview?.rubric_version;
  const kept = present && version != null ? rubricVersion(present.name, version) : thisRubric;
  const others = interview ? otherRubrics(interview, all) : all;
  const options = [
    ...(interview?.rubric ? [[KEEP, kept] as const] : []),
    [OF_KIND, ownRubric] as const,
    ...others.map(({ id, name, version }) => [id, interview ? rubricVersion(name, version) : name] as const),
  ];
  const isListed = options.some(([id]) => id === value);
  return <Choice isLabelled label={label} options={options} value={isListed ? value : OF_KIND} onChoose={onChoose} />;
}

export function SpeakersChoice({ value, onChoose }: { value: number | null; onChoose: (speakers: number | null) => void }) {
  return (
    <Choice
      isLabelled
      label={formText.settings.speakers}
      options={speakers}
      value={value ?? 0}
      onChoose={(speakers) => onChoose(speakers || null)}
    />
  );
}

interface TermsProps {
  value: string;
  hint: string;
  onInput: (terms: string) => void;
}

export function TermsField({ value, hint, onInput }: TermsProps) {
  return (
    <>
      <label class="field wide">
        <span>{formText.settings.keyTerms}</span>
        <textarea
          dir="auto"
          rows={2}
          maxLength={4_000}
          aria-describedby="terms-hint"
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </label>
      <p id="terms-hint" class="quiet small">
        {hint}
      </p>
    </>
  );
}

export function RetentionField({ value, onInput }: { value: number | null; onInput: (days: number | null) => void }) {
  return (
    <>
      <label class="field">
        <span>{formText.settings.retention}</span>
        <input
          type="number"
          min={1}
          max={MOST_DAYS}
          step={1}
          value={value ?? ""}
          aria-describedby="retention-hint"
          onInput={({ currentTarget: { valueAsNumber } }) => onInput(Number.isInteger(valueAsNumber) ? valueAsNumber : null)}
        />
      </label>
      <p id="retention-hint" class="quiet small">
        {formText.settings.retentionHint}
      </p>
    </>
  );
}
