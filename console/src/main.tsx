import { render } from "preact";
import { useRef } from "preact/hooks";
import { begin, current, who } from "./auth/session";
import { SignInForm } from "./auth/SignIn";
import { config } from "./config";
import { View } from "./interview/View";
import { removePending } from "./list/interviews";
import { List } from "./list/List";
import "./styles.css";
import { Icon } from "./ui/icons";
import { followLinks, hrefs, route } from "./ui/route";
import { nextTheme, theme } from "./ui/theme";
import { say, Toasts } from "./ui/toasts";
import { Stop } from "./uploads/Recorder";
import { recording } from "./uploads/recording";
import { unsaved } from "./uploads/uploads";

function App() {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Bar />
      <Page />
      <Toasts />
    </>
  );
}

function Page() {
  switch (who.value.state) {
    case "unknown":
      return <main class="list quiet">Loading…</main>;
    case "unconfigured":
      return (
        <main class="list" id="main">
          <p class="banner">
            This service requires sign-in with Firebase, and the console is not configured for it: set
            FIREBASE_API_KEY.
          </p>
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
      return <View id={to.id} at={to.at} />;
    case "nowhere":
      return (
        <main class="list" id="main">
          <h1>Page not found</h1>
          <p>
            <a href={hrefs.list}>All interviews</a>
          </p>
        </main>
      );
  }
}

const THEME_ICON = { system: "system", light: "sun", dark: "moon" } as const;

function Bar() {
  const help = useRef<HTMLDialogElement>(null);
  return (
    <header class="bar">
      <a class="brand" href={hrefs.list}>
        InterviewLens
      </a>
      <Stop />
      <button type="button" class="bare" aria-label="Keyboard shortcuts" onClick={() => help.current?.showModal()}>
        ?
      </button>
      <button type="button" class="bare" aria-label={`Colours: ${theme.value}`} onClick={nextTheme}>
        <Icon name={THEME_ICON[theme.value]} />
      </button>
      <a class="quiet" href="/" target="_blank">
        API
      </a>
      {who.value.state === "here" && !config.local && (
        <button type="button" class="bare" onClick={() => void signOut()}>
          Sign out {who.value.user.name}
        </button>
      )}
      <dialog ref={help} aria-label="Keyboard shortcuts">
        <h2>Keyboard shortcuts</h2>
        <dl class="keys">
          {SHORTCUTS.map(([keys, does]) => (
            <div key={does}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button class="primary">Close</button>
        </form>
      </dialog>
    </header>
  );
}

/** What is to be deleted can only be deleted by its user. */
async function signOut(): Promise<void> {
  const only = unsaved.value || recording.value;
  if (only && !confirm("A recording made here has not been uploaded and would be lost. Sign out?")) return;
  await removePending();
  await current().signOut();
}

const SHORTCUTS: [string[], string][] = [
  [["Space", "K"], "Play or pause"],
  [["←", "→"], "5 seconds back or forward"],
  [["J", "L"], "10 seconds back or forward"],
  [["N"], "A note at this moment"],
  [["B"], "A bookmark at this moment"],
  [["/"], "Search in the transcript"],
  [["Ctrl+Z"], "Undo what was just deleted"],
];

/** A laptop is called by more than one name; the service signs its links for one. */
function elsewhere(): boolean {
  const names = ["localhost", "127.0.0.1", "[::1]"];
  const url = config.public_url && new URL(config.public_url);
  if (!url || url.origin === location.origin) return false;
  if (url.port !== location.port || ![url, location].every(({ hostname }) => names.includes(hostname))) return false;
  location.replace(url.origin + location.pathname + location.search);
  return true;
}

if (!elsewhere()) {
  followLinks();
  render(<App />, document.getElementById("app")!);
  begin().catch(() => say("The sign-in could not be loaded. Reload the page.", { bad: true }));
}
