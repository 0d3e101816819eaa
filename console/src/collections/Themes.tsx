import { useEffect, useMemo } from "preact/hooks";
import type { CollectionThemes, Theme, ThemeVoice } from "../api/client";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { themesText as words } from "../i18n/themes";
import { ago, clock } from "../lib/format";
import { lookup } from "../lib/lookup";
import { Scope } from "../lib/scope";
import { isOpen, ThemesStore } from "../stores/themes";
import { FailureBanner } from "../ui/Banner";
import { Icon } from "../ui/Icon";

type Result = NonNullable<CollectionThemes["result"]>;

/** What the interviews of a collection have in common. */
export function Themes({ id }: { id: string }) {
  const [scope, store] = useMemo(() => {
    const scope = new Scope();
    return [scope, new ThemesStore(scope, id)] as const;
  }, [id]);
  useEffect(() => {
    void store.read();
    return () => scope.dispose();
  }, [scope, store]);
  const { value: themes } = store.themes;
  const { value: failure } = store.failure;
  return (
    <section class="themes" aria-labelledby="themes">
      <div class="filters">
        <h2 id="themes">{words.title}</h2>
        {themes && !isOpen(themes) && (
          <button type="button" disabled={store.isStarting.value} onClick={() => void store.start()}>
            {store.isStarting.value ? words.starting : themes.result ? words.again : words.find}
          </button>
        )}
        <p class="quiet" aria-live="polite">
          {themes && isOpen(themes) ? (themes.run?.state === "running" ? words.running : words.waiting) : ""}
        </p>
      </div>
      <p class="quiet small">{words.about}</p>
      {failure && <FailureBanner what={words.notLoaded} details={failure} onRetry={() => void store.read()} />}
      {themes?.run?.state === "failed" && themes.run.error && (
        <p class="banner bad" role="alert">
          {words.failed(themes.run.error.message)}
        </p>
      )}
      {themes?.result && <Found result={themes.result} />}
    </section>
  );
}

function Found({ result: { themes, derived_from, left_out, stale, engine, warnings, created_at } }: { result: Result }) {
  return (
    <>
      <p class="quiet small">
        {words.madeOf(derived_from.length, engine)}, <time dateTime={created_at}>{ago(created_at)}</time>
        {left_out.length > 0 && `. ${words.leftOut(left_out.length)}`}
      </p>
      {stale && (
        <p class="small stale">
          <Icon name="warning" /> {words.stale}: {stale.reasons.map((own) => lookup(words.reasons, own)?.(stale) ?? own).join(", ")}
        </p>
      )}
      {warnings.map(({ code, message }) => (
        <p key={code} class="small quiet">
          {message}
        </p>
      ))}
      {themes.length === 0 && <p class="none">{words.none}</p>}
      {themes.map((theme, index) => (
        <One key={index} theme={theme} />
      ))}
    </>
  );
}

function One({ theme: { title, summary, supports, contradicts } }: { theme: Theme }) {
  return (
    <article class="theme">
      <h3 dir="auto">{title}</h3>
      <p dir="auto" class={summary ? undefined : "quiet"}>
        {summary ?? words.noSummary}
      </p>
      <h4>{words.supports(supports.length)}</h4>
      <Voices voices={supports} />
      {contradicts.length > 0 && (
        <>
          <h4>{words.contradicts(contradicts.length)}</h4>
          <Voices voices={contradicts} />
        </>
      )}
    </article>
  );
}

function Voices({ voices }: { voices: readonly ThemeVoice[] }) {
  return (
    <ul>
      {voices.map(({ interview_id, title, quotes }) => (
        <li key={interview_id}>
          <a dir="auto" href={hrefs.interview(interview_id)}>
            {title}
          </a>
          {quotes.map((quote, index) => (
            <blockquote key={index} class="small">
              <span dir="auto">“{quote.text}”</span>{" "}
              <a href={hrefs.moment(interview_id, quote.start_ms)}>
                <span class="hidden">{words.listen} </span>
                {quote.speaker_name ?? (quote.speaker != null ? text.transcript.speaker(quote.speaker + 1) : "")} {clock(quote.start_ms)}
              </a>
            </blockquote>
          ))}
        </li>
      ))}
    </ul>
  );
}
