import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, ask } from "../api/client";
import type { components } from "../api/schema";

type Engines = components["schemas"]["Engines"];
type Engine = components["schemas"]["Engine"];

/** Time until the engines are requested again while one is not ready. */
const AGAIN_MS = 3_000;

/** Which engines are active, in one small line. */
export function EngineLine() {
  const engines = useSignal<Engines | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const read = async () => {
      // Without an answer there is no line: the list says that the service is away.
      engines.value = await ask(api.GET("/v1/engines")).catch(() => null);
      const complete = engines.value === null || engines.value.speech.state === "ok";
      if (!complete && !over) timer = setTimeout(() => void read(), AGAIN_MS);
    };
    void read();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, []);
  if (!engines.value) return null;
  const { speech, language } = engines.value;
  return (
    <p class="quiet engines">
      Speech: {described(speech)} · Analysis: {described(language)}
    </p>
  );
}

function described(engine: Engine): string {
  const { name, model, fallback } = engine;
  const title = model ? `${name} ${model}` : name;
  if (engine.state === "fetching") {
    const { done_bytes, total_bytes } = engine;
    const part = total_bytes ? ` ${Math.floor((done_bytes * 100) / total_bytes)} %` : "";
    return `${title} (downloading${part})`;
  }
  if (engine.state === "missing") return `${title} (missing${fallback ? `, ${fallback} instead` : ""})`;
  return title;
}
