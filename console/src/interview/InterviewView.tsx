import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ErrorBoundary } from "../app/ErrorBoundary";
import { printing, wide } from "../app/media";
import { arrive, route, setMoment, setParams } from "../app/routes";
import { text } from "../i18n/en";
import { listenToKeys } from "../lib/keys";
import { Scope } from "../lib/scope";
import { hasRatings } from "../model/scorecard";
import { type InterviewStore, useInterview } from "../stores/interview/InterviewStore";
import { Tabs } from "../ui/Tabs";
import { Dock } from "./Dock";
import { Header } from "./Header";
import { addBookmark, beginNote, NotesPane } from "./NotesPane";
import { ScorecardPane } from "./ScorecardPane";
import { StaleBanner } from "./StaleBanner";
import { StatsPane } from "./StatsPane";
import { Progress } from "./Progress";
import { SummaryPane } from "./SummaryPane";
import { Transcript } from "./transcript/Transcript";

const BESIDE = ["scorecard", "summary", "stats", "notes"] as const;
/** On a narrow screen one at a time, the transcript among them. */
const NARROW = ["scorecard", "transcript", "summary", "stats", "notes"] as const;
type PaneName = (typeof NARROW)[number];

const PANES: Record<Exclude<PaneName, "transcript">, () => ComponentChildren> = {
  scorecard: () => <ScorecardPane />,
  summary: () => <SummaryPane />,
  stats: () => <StatsPane />,
  notes: () => <NotesPane />,
};

/** The position is written to the address when it has rested so long, in milliseconds. */
const REST_MS = 500;

/** The pane that is shown where the address names none: the scorecard, if there is one. */
function defaultPane(store: InterviewStore): PaneName {
  const analysis = store.analysis.value;
  if (!analysis) return store.interview.value?.kind === "job_interview" ? "scorecard" : "summary";
  return hasRatings(analysis) ? "scorecard" : "summary";
}

/** The pane of the address, or the default where the address names none that there is. */
function currentPane(store: InterviewStore): PaneName {
  const wanted = route.value.view === "interview" ? route.value.pane : null;
  const known = NARROW.find((name) => name === wanted);
  if (!known || (known === "transcript" && wide.value)) return defaultPane(store);
  return known;
}

/** The interview: its panes beside the transcript, with the player below. */
export function InterviewView() {
  const store = useInterview();
  const interview = store.interview.value!;
  const pane = currentPane(store);
  useEffect(() => {
    document.title = `${interview.title} · ${text.product}`;
  }, [interview.title]);
  useEffect(arrive, []);
  useEffect(() => keepPosition(store), [store]);
  useEffect(() => shortcuts(store), [store]);
  // Of a file that cannot be decoded there is nothing to read or to play.
  const isUnreadable = interview.status === "failed" && interview.audio?.duration_ms == null;
  return (
    <main class="interview" id="main">
      {store.isReadOnly && (
        <p class="banner example">
          <b>{text.interview.example}</b> <span>{text.interview.exampleIs}</span>
        </p>
      )}
      <Header />
      <Progress />
      <StaleBanner />
      {!isUnreadable && <Columns pane={pane} />}
      {!isUnreadable && (
        <ErrorBoundary name={text.player.section.toLowerCase()}>
          <Dock />
        </ErrorBoundary>
      )}
    </main>
  );
}

/** The panes as tabs, beside the transcript or with it as one of them. */
function Columns({ pane }: { pane: PaneName }) {
  const store = useInterview();
  const notes = store.notes.list.value?.length ?? 0;
  const tabs = (wide.value ? BESIDE : NARROW).map((key) => ({
    key: key as PaneName,
    name: text.interview.tab(text.interview.panes[key], key === "notes" ? notes : 0),
  }));
  const transcript = (
    <ErrorBoundary name={text.part.names.transcript}>
      <Transcript />
    </ErrorBoundary>
  );
  return (
    <div class="columns">
      <div class="panes">
        <Tabs
          label={text.interview.parts}
          tabs={tabs}
          selected={pane}
          onSelect={(wanted) => setParams({ pane: wanted })}
          panel={(key) => `pane-${key}`}
        />
        {pane === "transcript" ? (
          <div id="pane-transcript" class="pane" role="tabpanel" aria-labelledby="tab-transcript">
            {transcript}
          </div>
        ) : (
          <Panel key={pane} name={pane} />
        )}
        {printing.value && <Printed beside={pane} />}
      </div>
      {wide.value && <div class="text">{transcript}</div>}
    </div>
  );
}

function Panel({ name }: { name: Exclude<PaneName, "transcript"> }) {
  return (
    <div id={`pane-${name}`} class="pane" role="tabpanel" aria-labelledby={`tab-${name}`} tabIndex={0}>
      <ErrorBoundary name={text.interview.panes[name].toLowerCase()}>{PANES[name]()}</ErrorBoundary>
    </div>
  );
}

/** On paper the scorecard and the summary stand below each other, whichever is shown. */
function Printed({ beside }: { beside: PaneName }) {
  return (
    <>
      {(["scorecard", "summary"] as const)
        .filter((name) => name !== beside)
        .map((name) => (
          <div key={name} class="pane">
            {PANES[name]()}
          </div>
        ))}
    </>
  );
}

/** Keeps the position in the address, where it rests and when the page is left. */
function keepPosition(store: InterviewStore): () => void {
  const scope = new Scope();
  let cancel = () => {};
  const write = () => setMoment(store.id, store.player.now);
  scope.add(
    store.player.onPosition(() => {
      cancel();
      if (!store.player.playing.value) cancel = scope.timeout(write, REST_MS);
    }),
  );
  scope.listen(window, "pagehide", write);
  return () => scope.dispose();
}

function shortcuts(store: InterviewStore): () => void {
  const scope = new Scope();
  const { player } = store;
  const show = (pane: PaneName, then: () => void) => {
    // On a wide screen the transcript is beside whatever else is shown.
    if (pane !== "transcript" || !wide.value) setParams({ pane });
    requestAnimationFrame(then);
  };
  const select = (pane: PaneName) => () => setParams({ pane });
  listenToKeys(scope, {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    j: () => player.seek(player.now - 10_000),
    l: () => player.seek(player.now + 10_000),
    ArrowLeft: () => player.seek(player.now - 5_000),
    ArrowRight: () => player.seek(player.now + 5_000),
    "/": () => show("transcript", () => document.querySelector<HTMLElement>("#search")?.focus()),
    ...Object.fromEntries(BESIDE.map((pane, index) => [String(index + 1), select(pane)])),
    ...(!store.isReadOnly && {
      e: () => {
        store.editor.toggle();
        show("transcript", () => document.querySelector<HTMLElement>(".transcript .scroller")?.focus());
      },
      b: () => void addBookmark(store),
      n: () => {
        const at = player.now;
        show("notes", () => beginNote(store.id, at));
      },
    }),
  });
  return () => scope.dispose();
}
