// The stores of the page. `main.tsx` makes them once; nothing runs on import.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Changes } from "../lib/changes";
import type { Scope } from "../lib/scope";
import { Collections } from "../stores/collections";
import { Deletions } from "../stores/deletions";
import { Library } from "../stores/library";
import { Recorder } from "../stores/recorder";
import { Uploads } from "../stores/uploads";
import { UploadSettings } from "../stores/uploadSettings";

export interface Stores {
  changes: Changes;
  collections: Collections;
  deletions: Deletions;
  library: Library;
  settings: UploadSettings;
  uploads: Uploads;
  recorder: Recorder;
}

export function makeStores(scope: Scope): Stores {
  const changes = new Changes(scope);
  const deletions = new Deletions(scope, (id) => {
    library.drop(id);
    changes.announce(id);
  });
  const library = new Library(scope, changes, deletions.ids);
  const collections = new Collections();
  const settings = new UploadSettings();
  const uploads = new Uploads(scope, changes, deletions);
  const recorder = new Recorder(scope, uploads, (file) => uploads.add([{ file, title: "" }], settings.current.value, true));
  return { changes, collections, deletions, library, settings, uploads, recorder };
}

export const StoresContext = createContext<Stores | null>(null);

export function useStores(): Stores {
  const stores = useContext(StoresContext);
  if (!stores) throw new Error("outside of the app");
  return stores;
}
