import { formText } from "../i18n/forms";
import { ANCHORS, type CriterionDraft, MOST_WEIGHT } from "../model/rubric";
import { Icon } from "../ui/Icon";

interface Props {
  criterion: CriterionDraft;
  /** Its place, from 0. */
  at: number;
  isLast: boolean;
  isOnly: boolean;
  onChange: (change: Partial<CriterionDraft>) => void;
  onMove: (by: number) => void;
  onRemove: () => void;
}

/** A competency: what it is called, what it means, and what its ratings look like. */
export function CriterionForm({ criterion, at, isLast, isOnly, onChange, onMove, onRemove }: Props) {
  const { name, description, weight, key } = criterion;
  const title = name.trim() || formText.rubrics.competency(at + 1);
  return (
    <li class="card criterion">
      <fieldset>
        <legend class="hidden">{formText.rubrics.competency(at + 1)}</legend>
        <div class="line">
          <label class="field grows">
            <span>{formText.rubrics.competencyName}</span>
            <input
              dir="auto"
              required
              maxLength={100}
              value={name}
              onInput={(event) => onChange({ name: event.currentTarget.value })}
            />
          </label>
          <label class="field weight">
            <span>{formText.rubrics.weight}</span>
            <input
              type="number"
              min={0}
              max={MOST_WEIGHT}
              step="any"
              title={formText.rubrics.weightHint}
              value={weight}
              onInput={(event) => onChange({ weight: event.currentTarget.value })}
            />
          </label>
          <div class="buttons">
            <button type="button" class="bare up" disabled={at === 0} aria-label={formText.rubrics.up(title)} onClick={() => onMove(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="bare down" disabled={isLast} aria-label={formText.rubrics.down(title)} onClick={() => onMove(1)}>
              <Icon name="down" />
            </button>
            <button type="button" class="bare" disabled={isOnly} aria-label={formText.rubrics.remove(title)} onClick={onRemove}>
              <Icon name="trash" />
            </button>
          </div>
        </div>
        <label class="field">
          <span>{formText.rubrics.description}</span>
          <textarea
            dir="auto"
            rows={2}
            maxLength={2_000}
            value={description}
            onInput={(event) => onChange({ description: event.currentTarget.value })}
          />
        </label>
        <div role="group" aria-labelledby={`anchors-${key}`}>
          <p id={`anchors-${key}`} class="quiet small">
            {formText.rubrics.anchors}
          </p>
          <div class="levels">
            {ANCHORS.map((anchor) => (
              <label key={anchor} class="field">
                <span>{formText.rubrics.anchor[anchor]}</span>
                <textarea
                  dir="auto"
                  rows={2}
                  maxLength={500}
                  value={criterion[anchor]}
                  onInput={(event) => onChange({ [anchor]: event.currentTarget.value })}
                />
              </label>
            ))}
          </div>
        </div>
      </fieldset>
    </li>
  );
}
