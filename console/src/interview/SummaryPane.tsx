import type { Analysis } from "../api/client";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { isExtract } from "../model/evidence";
import { useInterview } from "../stores/interview/InterviewStore";
import { Colophon, Matching, Warnings } from "./AnalysisParts";
import { Claims, Section } from "./Claims";
import { Pane } from "./Pane";
import { Quotes } from "./Quotes";
import { Runs } from "./Runs";

export function SummaryPane() {
  const store = useInterview();
  return (
    <Pane resource={store.analysis} step="analysis" name={text.part.names.analysis}>
      {(analysis) => <Summary analysis={analysis} />}
    </Pane>
  );
}

function Summary({ analysis }: { analysis: Analysis }) {
  const { summary, key_points, topics, questions, strengths, concerns } = analysis;
  const extract = isExtract(analysis);
  return (
    <div class="analysis">
      {extract && <p class="validity">{text.analysis.extract}</p>}
      {summary && (
        <Section title={text.analysis.summary}>
          <p class="lead">{summary}</p>
        </Section>
      )}
      <Claims title={text.analysis.keyPoints} claims={key_points} />
      {topics.length > 0 && <Topics topics={topics} />}
      {questions.length > 0 && (
        <Section title={text.analysis.questions}>
          {questions.map(({ question, answer, evidence }, index) => (
            <article key={index}>
              <h3>{question}</h3>
              {answer && <p>{answer}</p>}
              <Quotes quotes={evidence} />
            </article>
          ))}
        </Section>
      )}
      {extract && <Claims title={text.scorecard.strengths} claims={strengths} />}
      {extract && <Claims title={text.scorecard.concerns} claims={concerns} />}
      <Warnings analysis={analysis} />
      <p class="quiet small">
        <Matching analysis={analysis} /> <Colophon analysis={analysis} />
      </p>
      <Runs step="analysis" />
    </div>
  );
}

function Topics({ topics }: { topics: Analysis["topics"] }) {
  const { player } = useInterview();
  return (
    <Section title={text.analysis.topics}>
      <ol class="plain">
        {topics.map(({ title, start_ms }, index) => (
          <li key={index} class={`tone-${index % 6}`}>
            <button type="button" class="at" onClick={() => void player.play(start_ms)}>
              {clock(start_ms)}
            </button>{" "}
            {title}
          </li>
        ))}
      </ol>
    </Section>
  );
}
