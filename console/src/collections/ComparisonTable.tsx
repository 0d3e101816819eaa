import type { ComparedInterview } from "../api/client";
import { hrefs } from "../app/routes";
import { collectionText } from "../i18n/collections";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { lookup } from "../lib/lookup";
import { Icon } from "../ui/Icon";

const words = collectionText.comparison;

type Cell = ComparedInterview["cells"][number];

interface Props {
  title: string;
  competencies: readonly string[];
  items: readonly ComparedInterview[];
  /** The name of a rubric by its key. */
  nameOf: (key: string) => string;
}

/** A row for each interview, a column for each competency. It scrolls in both directions, by the
 * keyboard as well. */
export function ComparisonTable({ title, competencies, items, nameOf }: Props) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="comparison" role="region" aria-label={words.scroll} tabIndex={0}>
      <table aria-label={words.table(title)}>
        <thead>
          <tr>
            <th scope="col">{words.interview}</th>
            {competencies.map((name) => (
              <th key={name} scope="col" dir="auto">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Row key={item.interview_id} item={item} columns={competencies.length} nameOf={nameOf} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ item, columns, nameOf }: { item: ComparedInterview; columns: number; nameOf: (key: string) => string }) {
  const { interview_id, title, comparable, cells, decision, author, rubric } = item;
  const mark = lookup(words.marks, comparable);
  return (
    <tr class={comparable === "yes" ? undefined : "marked"}>
      <th scope="row">
        <a dir="auto" href={hrefs.interview(interview_id)}>
          {title}
        </a>
        {mark && (
          <p class="small">
            <Icon name="warning" /> {mark}
          </p>
        )}
        {comparable === "other_rubric" && <p class="small quiet">{nameOf(rubric)}</p>}
        {decision && (
          <p class="small" dir="auto">
            {words.decision}: {decision} {author && <span class="quiet">{words.by(author)}</span>}
          </p>
        )}
      </th>
      {cells.map((cell, index) => (
        <td key={index}>
          <Competency cell={cell} interview={interview_id} hasAnalysis={comparable === "yes" || comparable === "stale"} />
        </td>
      ))}
      {cells.length === 0 && columns > 0 && <td colSpan={columns} />}
    </tr>
  );
}

function Competency({ cell, interview, hasAnalysis }: { cell: Cell; interview: string; hasAnalysis: boolean }) {
  const { status, rating, person_rating, person_comment, quote } = cell;
  const reason = status ? (lookup(text.scorecard.unrated, status) ?? words.unrated) : words.unrated;
  return (
    <>
      <dl class="ratings">
        {hasAnalysis && (
          <div>
            <dt class="quiet">{words.engine}</dt>
            <dd>{rating ? <b>{words.of(rating)}</b> : reason}</dd>
          </div>
        )}
        {(person_rating || person_comment) && (
          <div>
            <dt class="quiet">{words.person}</dt>
            <dd>{person_rating ? <b>{words.of(person_rating)}</b> : words.unrated}</dd>
          </div>
        )}
      </dl>
      {person_comment && (
        <p class="small" dir="auto">
          {person_comment}
        </p>
      )}
      {quote && (
        <blockquote class="small">
          <span dir="auto">“{quote.text}”</span>{" "}
          <a href={hrefs.moment(interview, quote.start_ms)}>
            <span class="hidden">{words.listen} </span>
            {quote.speaker_name ?? (quote.speaker != null ? text.transcript.speaker(quote.speaker + 1) : "")} {clock(quote.start_ms)}
          </a>
        </blockquote>
      )}
      {hasAnalysis && !quote && <p class="small quiet">{words.noQuote}</p>}
    </>
  );
}
