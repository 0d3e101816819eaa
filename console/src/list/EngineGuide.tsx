// How to connect engines, for newcomers.

import type { Engine } from "../api/client";
import { text } from "../i18n/en";
import { ago } from "../lib/format";
import { described, NO_MODEL, Problems, problemsOf, useEngines } from "./Engines";

/** The settings that connect an engine, as `.env` or a shell has them. */
const WAYS = [
  ["ollama", "ANALYZER=openai OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=llama3.1:8b"],
  ["gemini", "ANALYZER=gemini GEMINI_API_KEY=…"],
  ["deepgram", "TRANSCRIBER=deepgram DEEPGRAM_API_KEY=…"],
] as const;

/** For newcomers: what is active, what the check found, and how to connect others. */
export function EngineGuide() {
  const engines = useEngines();
  if (!engines) return null;
  const rows = [
    [text.engines.speech, engines.speech],
    [text.engines.analysis, engines.language],
  ] as const;
  return (
    <section class="guide" aria-label={text.engines.title}>
      <h2>{text.engines.title}</h2>
      <ul class="plain">
        {rows.map(([title, engine]) => (
          <li key={title}>
            <b>{title}</b> {described(engine)} <span class="quiet">{verdict(engine)}</span>
          </li>
        ))}
      </ul>
      <Problems engines={engines} />
      <h3>{text.engines.connect}</h3>
      <dl class="ways">
        {WAYS.map(([key, settings]) => (
          <div key={key}>
            <dt>{text.engines.ways[key]}</dt>
            <dd>
              {settings.split(" ").map((setting) => (
                <code key={setting}>{setting}</code>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <p class="quiet small">
        {text.engines.restart[0]}
        <code>interviewlens doctor</code>
        {text.engines.restart[1]}
      </p>
    </section>
  );
}

/** What the last check of an engine says, in a few words. */
function verdict({ name, check }: Engine): string {
  if (name === NO_MODEL) return text.engines.noModel;
  if (!check) return text.engines.unchecked;
  const problems = problemsOf(check);
  return problems.length ? text.engines.problems(problems.length) : text.engines.fine(ago(check.checked_at));
}
