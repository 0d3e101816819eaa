import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { going, remove } from "../list/interviews";
import { useEditing } from "../ui/editing";
import { ago, recorded } from "../ui/format";
import { Icon } from "../ui/icons";
import { listen } from "../ui/keys";
import { arrive, hrefs, navigate } from "../ui/route";
import { wide } from "../ui/wide";
import { KIND } from "../ui/words";
import { AnalysisPart } from "./Analysis";
import { Charts } from "./Charts";
import { Controls } from "./Controls";
import { Downloads } from "./Downloads";
import { beginNote, Notes } from "./Notes";
import { Steps } from "./Steps";
import { Current, Open, useOpen } from "./store";
import { Transcript } from "./transcript/Transcript";
import { Unusable } from "./Usable";

export function View({ id, at }: { id: string; at: number | null }) {
  const [open, begin] = useState<Open | null>(null);
  useEffect(() => {
    const open = new Open(id);
    begin(open);
    return () => open.close();
  }, [id]);
  // A link to a moment, also to another one of the same interview.
  useEffect(() => {
    if (open && at !== null) open.player.seek(at);
  }, [open, at]);
  if (!open) return null;
  return (
    <Current.Provider value={open}>
      <Shown />
    </Current.Provider>
  );
}

function Shown() {
  const open = useOpen();
  const { failure, interview } = open;
  const undo = going.value.get(open.id);
  if (undo) {
    return <Nothing why="This interview is deleted." action="Undo" run={typeof undo === "function" ? undo : null} />;
  }
  if (failure.value) {
    const gone = failure.value.status === 404;
    const why = gone ? "This interview doesn't exist or has been deleted." : failure.value.message;
    return <Nothing why={why} action="Try again" run={gone ? null : () => open.begin()} />;
  }
  return interview.value ? <Interview /> : <main class="list quiet">Loading…</main>;
}

/** Why nothing is shown, and what can be done about it, if anything. */
function Nothing({ why, action, run }: { why: string; action: string; run: (() => void) | null }) {
  return (
    <main class="list" id="main">
      <p class="banner bad" role="alert">
        <span>{why}</span>
        {run && (
          <button type="button" onClick={run}>
            {action}
          </button>
        )}
      </p>
      <p>
        <a href={hrefs.list}>All interviews</a>
      </p>
    </main>
  );
}

const PARTS = ["Transcript", "Analysis", "Stats", "Notes"] as const;
type Part = (typeof PARTS)[number];

function Interview() {
  const open = useOpen();
  const interview = open.interview.value!;
  // Beside the transcript on a wide screen, one at a time on a narrow one.
  const part = useSignal<Part>("Transcript");
  const beside = part.value === "Transcript" ? "Analysis" : part.value;
  useEffect(() => {
    document.title = `${interview.title} · InterviewLens`;
  }, [interview.title]);
  useEffect(arrive, []);
  useEffect(() => {
    const show = (wanted: Part, then: () => void) => {
      // On a wide screen the transcript is there, beside whatever else is looked at.
      if (!wide.value || wanted !== "Transcript") part.value = wanted;
      requestAnimationFrame(then);
    };
    const { player } = open;
    return listen({
      " ": () => player.toggle(),
      k: () => player.toggle(),
      j: () => player.seek(player.now - 10_000),
      l: () => player.seek(player.now + 10_000),
      ArrowLeft: () => player.seek(player.now - 5_000),
      ArrowRight: () => player.seek(player.now + 5_000),
      b: () => void open.addNote("Bookmark", player.now, "bookmark"),
      n: () => {
        const at = player.now;
        show("Notes", () => beginNote(open.id, at));
      },
      "/": () => show("Transcript", () => document.querySelector<HTMLElement>("#search")?.focus()),
    });
  }, [open]);
  return (
    <main class="interview" id="main" data-part={part.value}>
      <header class="head">
        <Title />
        <p class="quiet">
          {KIND[interview.kind]} · <time dateTime={interview.created_at}>{ago(interview.created_at)}</time>
          {interview.language && ` · ${interview.language}`}
          {interview.recorded_at && (
            <>
              {" · recorded "}
              <time dateTime={interview.recorded_at}>{recorded(interview.recorded_at)}</time>
            </>
          )}
        </p>
        <Downloads />
        <button
          type="button"
          class="bare"
          aria-label="Delete this interview"
          onClick={() => {
            remove(interview);
            navigate(hrefs.list);
          }}
        >
          <Icon name="trash" />
        </button>
        <Unusable />
      </header>
      <Steps />
      <Controls />
      <nav class="tabs" role="tablist" aria-label="Parts of the interview">
        {PARTS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === (wide.value ? beside : part.value)}
            aria-controls={name === "Transcript" ? "text" : "beside"}
            class={name === beside ? "beside" : undefined}
            onClick={() => (part.value = name)}
          >
            {name}
            {name === "Notes" && (open.notes.value?.length ?? 0) > 0 && ` ${open.notes.value?.length}`}
          </button>
        ))}
      </nav>
      <div id="text" class="left">
        <Transcript />
      </div>
      <div id="beside" class="right" role="tabpanel" aria-labelledby={`tab-${beside}`} tabIndex={0}>
        {beside === "Analysis" && <AnalysisPart />}
        {beside === "Stats" && <Charts />}
        {beside === "Notes" && <Notes />}
      </div>
    </main>
  );
}

/** The title, which can be changed where it stands. */
function Title() {
  const open = useOpen();
  const { title } = open.interview.value!;
  const { editing, button, field } = useEditing();
  if (!editing.value) {
    return (
      <h1 tabIndex={-1}>
        <a class="back" href={hrefs.list} aria-label="All interviews">
          <Icon name="back" />
        </a>
        <bdi>{title}</bdi>
        <button
          ref={button}
          type="button"
          class="bare"
          aria-label="Change the title"
          onClick={() => (editing.value = true)}
        >
          <Icon name="edit" />
        </button>
      </h1>
    );
  }
  return (
    <input
      class="title"
      dir="auto"
      aria-label="Title"
      defaultValue={title}
      maxLength={500}
      ref={field}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.isComposing) {
          // Or it would press the button that has the focus then.
          event.preventDefault();
          event.currentTarget.blur();
        }
        if (event.key === "Escape") editing.value = false;
      }}
      onBlur={(event) => {
        const wanted = event.currentTarget.value.trim();
        if (editing.value && wanted && wanted !== title) void open.rename(wanted);
        editing.value = false;
      }}
    />
  );
}
