import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { current, who } from "../auth/session";
import { config } from "../config";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { listenToKeys } from "../lib/keys";
import { Scope } from "../lib/scope";
import { List } from "../list/List";
import { Icon } from "../ui/Icon";
import { lazy, lazyPart } from "../ui/lazy";
import { Toasts } from "../ui/Toasts";
import { useStores } from "./context";
import { ErrorBoundary } from "./ErrorBoundary";
import { online } from "./media";
import { hrefs, route } from "./routes";
import { nextTheme, theme } from "./theme";

const RubricsPage = lazy(async () => (await import("../rubrics/RubricsPage")).RubricsPage);
const CollectionsPage = lazy(async () => (await import("../collections/CollectionsPage")).CollectionsPage);
const ComparisonPage = lazy(async () => (await import("../collections/ComparisonPage")).ComparisonPage);
const TokensPage = lazy(async () => (await import("../access/TokensPage")).TokensPage);
const Help = lazyPart(async () => (await import("./Help")).Help);
const SignInForm = lazy(async () => (await import("../auth/SignIn")).SignInForm);
const InterviewPage = lazy(async () => (await import("../interview/InterviewPage")).InterviewPage);

export function App() {
  return (
    <>
      <a class="skip" href="#main">
        {text.app.skip}
      </a>
      <TopBar />
      {!online.value && (
        <p class="offline noprint" role="status">
          {text.app.offline}
        </p>
      )}
      <ErrorBoundary name="page" key={route.value.view}>
        <Page />
      </ErrorBoundary>
      <Toasts />
    </>
  );
}

function Page() {
  switch (who.value.state) {
    case "unknown":
      return <main class="list" id="main" aria-busy="true" />;
    case "unconfigured":
      return (
        <main class="list" id="main">
          <p class="banner">{text.app.notSignedUp}</p>
        </main>
      );
    case "signed_out":
      return <SignInForm />;
    case "here":
      break;
  }
  const to = route.value;
  switch (to.view) {
    case "list":
      return <List />;
    case "interview":
      // Nothing of one interview carries over to the next.
      return <InterviewPage key={to.id} visit={to} />;
    case "rubrics":
      return <RubricsPage />;
    case "tokens":
      return <TokensPage />;
    case "collections":
      return <CollectionsPage />;
    case "collection":
      return <ComparisonPage key={to.id} id={to.id} />;
    case "nowhere":
      return (
        <main class="list" id="main">
          <h1>{text.app.notFound}</h1>
          <p>
            <a href={hrefs.list()}>{text.app.allInterviews}</a>
          </p>
        </main>
      );
  }
}

const THEME_ICON = { system: "system", light: "sun", dark: "moon" } as const;

function TopBar() {
  const { recorder, uploads, deletions } = useStores();
  const isHelp = useSignal(false);
  const { value: recording } = recorder.recording;
  const showHelp = () => {
    isHelp.value = true;
  };
  useEffect(() => {
    const scope = new Scope();
    listenToKeys(scope, { "?": showHelp });
    return () => scope.dispose();
  }, []);
  /** An interview can be deleted only while its user is signed in. */
  const signOut = async () => {
    const isOnlyCopy = uploads.hasRecording.value || recording;
    if (isOnlyCopy && !confirm(text.app.signOutLoses)) return;
    await deletions.finish();
    await current().signOut();
  };
  return (
    <header class="bar noprint">
      <a class="brand" href={hrefs.list()}>
        {text.product}
      </a>
      {recording && (
        <button type="button" class="recording" onClick={() => recorder.stop()}>
          <Icon name="stop" /> {text.upload.stop} <time>{clock(recording.now - recording.since)}</time>
        </button>
      )}
      {who.value.state === "here" && (
        <>
          <a class="quiet" href={hrefs.collections}>
            {text.app.collections}
          </a>
          <a class="quiet" href={hrefs.rubrics()}>
            {text.list.rubrics}
          </a>
          <a class="quiet api" href={hrefs.tokens}>
            {text.app.tokens}
          </a>
        </>
      )}
      <button type="button" class="bare" aria-label={text.app.shortcuts} onClick={showHelp}>
        ?
      </button>
      <button type="button" class="bare" aria-label={text.app.colours[theme.value]} onClick={nextTheme}>
        <Icon name={THEME_ICON[theme.value]} />
      </button>
      <a class="quiet api" href="/" target="_blank">
        {text.app.api}
      </a>
      {who.value.state === "here" && !config().local && (
        <button type="button" class="bare" onClick={() => void signOut()}>
          {text.app.signOut(who.value.user.name)}
        </button>
      )}
      {isHelp.value && <Help onClose={() => (isHelp.value = false)} />}
    </header>
  );
}
