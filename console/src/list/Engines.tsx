// Which engines are active, and what the last check of them found.

import { createContext } from "preact";
import { useContext, useEffect, useMemo } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { api, ask, type Engine, type EngineCheck, type Engines } from "../api/client";
import { Resource } from "../api/resource";
import { text } from "../i18n/en";
import { ago, percent } from "../lib/format";
import { labelOf } from "../lib/lookup";
import { Scope } from "../lib/scope";
import { Icon } from "../ui/Icon";

/** Time until the engines are read again while one is not ready, in milliseconds. */
const POLL_MS = 3_000;

/** The engine that selects sentences and judges nothing. */
export const NO_MODEL = "extractive";

const EnginesContext = createContext<Resource<Engines> | null>(null);

/** Reads the engines for what is inside, again and again while one is being prepared. */
export function EnginesProvider({ children }: { children: ComponentChildren }) {
  const scope = useMemo(() => new Scope(), []);
  const engines = useMemo(
    () => new Resource<Engines>(scope, (signal) => ask(api.GET("/v1/engines", { signal }))),
    [scope],
  );
  useEffect(() => {
    void engines.refresh();
    scope.effect(() => {
      const load = engines.load.value;
      if (load.state === "ready" && load.value.speech.state !== "ok") scope.timeout(() => void engines.refresh(), POLL_MS);
    });
    return () => scope.dispose();
  }, [scope, engines]);
  return <EnginesContext.Provider value={engines}>{children}</EnginesContext.Provider>;
}

/** The engines; null until they are known. */
export function useEngines(): Engines | null {
  return useContext(EnginesContext)?.value ?? null;
}

/** Which engines are active, in one small line, and what is wrong with them. */
export function EngineLine() {
  const engines = useEngines();
  // Without an answer there is no line: the list says that the service is away.
  if (!engines) return null;
  const { speech, language } = engines;
  return (
    <footer class="quiet small">
      <p>{text.list.engines(described(speech), described(language))}</p>
      {language.name === NO_MODEL && <p>{text.list.noModel}</p>}
      <Problems engines={engines} />
    </footer>
  );
}

/** The warnings and errors of the last check, folded. */
export function Problems({ engines }: { engines: Engines }) {
  const checks = [engines.speech, engines.language].map(({ name, check }) => ({ name, check, problems: problemsOf(check) }));
  const number = checks.reduce((sum, { problems }) => sum + problems.length, 0);
  if (!number) return null;
  const isBad = checks.some(({ problems }) => problems.some(({ severity }) => severity === "error"));
  return (
    <details class="more problems">
      <summary>
        <span class={isBad ? "bad" : "warn"}>
          <Icon name="warning" /> {text.engines.problems(number)}
        </span>
      </summary>
      {checks.map(({ name, check, problems }) => (problems.length ? <Findings key={name} name={name} check={check!} problems={problems} /> : null))}
    </details>
  );
}

export function problemsOf(check: EngineCheck | null | undefined): EngineCheck["findings"] {
  return check?.findings.filter(({ severity }) => severity !== "ok") ?? [];
}

interface FindingsProps {
  name: string;
  check: EngineCheck;
  problems: EngineCheck["findings"];
}

function Findings({ name, check, problems }: FindingsProps) {
  return (
    <section>
      <h3>
        {name} <small class="quiet">{text.engines.checked(ago(check.checked_at))}</small>
      </h3>
      <ul class="findings">
        {problems.map(({ severity, code, message, settings }) => (
          <li key={code} class={severity === "error" ? "error" : "warning"}>
            <b>{labelOf(text.engines.severity, severity)}</b> <span>{message}</span>{" "}
            {settings.map((setting) => (
              <code key={setting}>{setting}</code>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function described(engine: Engine): string {
  const { name, model, fallback } = engine;
  const title = model ? `${name} ${model}` : name;
  if (engine.state === "fetching") {
    const { done_bytes, total_bytes } = engine;
    return `${title} ${text.list.downloading(total_bytes ? ` ${percent(done_bytes / total_bytes)}` : "")}`;
  }
  if (engine.state === "missing") return `${title} ${text.list.missing(fallback)}`;
  return title;
}
