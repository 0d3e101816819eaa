import { useEffect, useState } from "preact/hooks";
import { useStores } from "../app/context";
import { EXAMPLE_ID, hrefs, type Route } from "../app/routes";
import { text } from "../i18n/en";
import { Scope } from "../lib/scope";
import { InterviewContext, InterviewStore, useInterview } from "../stores/interview/InterviewStore";
import { interviewService } from "../stores/interview/service";
import { FailureBanner } from "../ui/Banner";
import { InterviewView } from "./InterviewView";

type Visit = Extract<Route, { view: "interview" }>;

/** An interview, from its record on. */
export function InterviewPage({ visit }: { visit: Visit }) {
  const { id } = visit;
  const { changes } = useStores();
  const [store, show] = useState<InterviewStore | null>(null);
  useEffect(() => {
    const scope = new Scope();
    const begin = async () => {
      const service = id === EXAMPLE_ID ? (await import("../example/service")).exampleService : interviewService(id);
      if (scope.isDisposed) return;
      const store = new InterviewStore(scope, id, service, changes);
      store.start();
      show(store);
    };
    void begin();
    return () => scope.dispose();
  }, [id, changes]);
  // A link to a moment, also to the same one again; a change of the pane is no link.
  useEffect(() => {
    if (store && visit.at !== null) store.player.seek(visit.at);
  }, [store, visit.visit]);
  if (!store) return <Loading />;
  return (
    <InterviewContext.Provider value={store}>
      <InterviewGate />
    </InterviewContext.Provider>
  );
}

function Loading() {
  return (
    <main class="list" id="main">
      <div class="skeleton" role="status" aria-label={text.interview.loading}>
        <i />
        <i />
        <i />
      </div>
    </main>
  );
}

/** The interview, or why there is none. */
function InterviewGate() {
  const store = useInterview();
  const { deletions } = useStores();
  const deletion = deletions.all.value.get(store.id);
  if (deletion) {
    const undo = deletion.state === "undoable" ? deletion.undo : null;
    return <NotFound reason={text.interview.deletedHere} action={text.list.undo} onRetry={undo} />;
  }
  const failure = store.failure.value;
  if (failure?.status === 404) return <NotFound reason={text.interview.gone} onRetry={null} />;
  if (failure) return <NotFound reason={failure.message} onRetry={() => store.reload()} />;
  return store.interview.value ? <InterviewView /> : <Loading />;
}

function NotFound({ reason, action, onRetry }: { reason: string; action?: string; onRetry: (() => void) | null }) {
  return (
    <main class="list" id="main">
      <FailureBanner what={reason} onRetry={onRetry} {...(action && { action })} />
      <p>
        <a href={hrefs.list()}>{text.app.allInterviews}</a>
      </p>
    </main>
  );
}
