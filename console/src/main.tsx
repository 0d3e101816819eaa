// The start of the page: everything that runs begins here.

import { render } from "preact";
import { App } from "./app/App";
import { makeStores, StoresContext } from "./app/context";
import { startMedia } from "./app/media";
import { followLinks } from "./app/routes";
import { startTheme } from "./app/theme";
import { startSession } from "./auth/session";
import { config } from "./config";
import { text } from "./i18n/en";
import { Scope } from "./lib/scope";
import "./styles/index.css";
import { startUndo, toast } from "./ui/toasts";

/** A machine has more than one name for itself; the service signs its links for one.
 * Returns whether the page is loaded again by that name. */
function isLoadedElsewhere(): boolean {
  const names = ["localhost", "127.0.0.1", "[::1]"];
  const { public_url } = config();
  const url = public_url && new URL(public_url);
  if (!url || url.origin === location.origin) return false;
  if (url.port !== location.port || ![url, location].every(({ hostname }) => names.includes(hostname))) return false;
  location.replace(url.origin + location.pathname + location.search);
  return true;
}

if (!isLoadedElsewhere()) {
  const scope = new Scope();
  startTheme(scope);
  startMedia(scope);
  startUndo(scope);
  followLinks(scope);
  startSession().catch(() => toast(text.app.signInFailed, { bad: true }));
  const stores = makeStores(scope);
  render(
    <StoresContext.Provider value={stores}>
      <App />
    </StoresContext.Provider>,
    document.getElementById("app")!,
  );
}
