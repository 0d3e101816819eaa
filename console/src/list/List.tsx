import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Interview, STEPS, type Status } from "../api/client";
import { Choice } from "../ui/Choice";
import { EngineLine } from "../ui/Engines";
import { focusBeside } from "../ui/focus";
import { ago, clock, count } from "../ui/format";
import { Icon } from "../ui/icons";
import { arrive, hrefs } from "../ui/route";
import { say } from "../ui/toasts";
import { KIND, STATUS, unusable } from "../ui/words";
import { Drop } from "../uploads/Drop";
import { Rows } from "../uploads/Rows";
import { add, left, uploads } from "../uploads/uploads";
import { failure, interviews, loading, loadMore, more, remove, search, shown, status, watch } from "./interviews";

export function List() {
  useEffect(watch, []);
  useEffect(() => {
    document.title = "Interviews · InterviewLens";
    arrive();
  }, []);
  const nothing = interviews.value?.length === 0 && !uploads.value.length && !left.value.length && !status.value;
  return (
    <main class="list" id="main">
      <h1 tabIndex={-1}>Interviews</h1>
      <Drop />
      {failure.value && (
        <p class="banner bad" role="alert">
          {failure.value}
        </p>
      )}
      <Rows />
      {nothing ? <Empty /> : <Found />}
      <EngineLine />
    </main>
  );
}

const STATUSES = [["", "All"], ...Object.entries(STATUS)] as [Status | "", string][];

function Found() {
  return (
    <>
      <div class="filters">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search by title</span>
          <input
            type="search"
            placeholder="Search by title"
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
          />
        </label>
        <Choice label="Status" options={STATUSES} value={status.value} onChoose={(wanted) => (status.value = wanted)} />
        <p class="quiet" aria-live="polite">
          {interviews.value && `${count(shown.value.length, "interview")}${more.value ? " so far" : ""}`}
        </p>
      </div>
      {interviews.value === null ? (
        !failure.value && <p class="quiet">Loading…</p>
      ) : (
        <ul class="rows" aria-label="Interviews">
          {shown.value.map((interview) => (
            <Row key={interview.id} interview={interview} />
          ))}
        </ul>
      )}
      <More />
    </>
  );
}

function Row({ interview }: { interview: Interview }) {
  const { id, title, kind, audio, created_at } = interview;
  const length = audio?.duration_ms;
  const doubt = unusable(interview);
  return (
    <li class="row">
      <a class="name" dir="auto" href={hrefs.interview(id)}>
        {title}
      </a>
      <span class="about quiet">
        {KIND[kind]} · <time dateTime={created_at}>{ago(created_at)}</time>
        {length != null && ` · ${clock(length)}`}
        {doubt && (
          <>
            {" · "}
            <span class={`unreliable ${interview.usable?.ok ? "limited" : ""}`}>
              <Icon name="warning" /> {doubt}
            </span>
          </>
        )}
      </span>
      <Pill interview={interview} />
      <button
        type="button"
        class="bare"
        aria-label={`Delete ${title}`}
        onClick={(event) => {
          focusBeside(event.currentTarget, "h1");
          remove(interview);
        }}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

/** Where an interview stands, and each of its steps while it is under way. */
function Pill({ interview: { status, steps } }: { interview: Interview }) {
  return (
    <span class={`pill ${status}`}>
      {STATUS[status]}
      {status === "processing" && (
        <span class="dots" aria-hidden="true">
          {STEPS.map((name) => (
            <i key={name} class={steps[name].state} />
          ))}
        </span>
      )}
    </span>
  );
}

/** Loads the next page when the end of this one comes into sight. */
function More() {
  const end = useRef<HTMLButtonElement>(null);
  const seen = useSignal(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => (seen.value = entry?.isIntersecting ?? false));
    if (end.current) observer.observe(end.current);
    return () => {
      observer.disconnect();
      // Of the next list the end is not known to be in sight.
      seen.value = false;
    };
  }, [more.value]);
  useSignalEffect(() => {
    if (seen.value && more.value && !loading.value && !failure.value) void loadMore();
  });
  return more.value ? (
    <button type="button" ref={end} onClick={() => void loadMore()}>
      Show more
    </button>
  ) : null;
}

function Empty() {
  const fetching = useSignal(false);
  const sample = async () => {
    fetching.value = true;
    try {
      const { default: url } = await import("../uploads/sample");
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${answer.status}`);
      add([new File([await answer.blob()], "Sample interview.flac", { type: "audio/flac", lastModified: 1 })]);
    } catch {
      say("The sample could not be loaded. Reload the page.", { bad: true });
    }
    fetching.value = false;
  };
  return (
    <section class="empty">
      <h2>Nothing here yet</h2>
      <p>Drop a recording above, or try the sample recording that comes with InterviewLens.</p>
      <button type="button" class="primary" disabled={fetching.value} onClick={() => void sample()}>
        Try the sample interview
      </button>
      <p class="quiet">Two minutes, invented people, synthetic voices.</p>
    </section>
  );
}
