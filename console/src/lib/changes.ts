// What has changed in this tab or another one: an interview, or the list (an empty id).

import type { Scope } from "./scope";

type Handler = (id: string) => void;

export class Changes {
  readonly #handlers = new Set<Handler>();
  readonly #tabs: BroadcastChannel | null;

  constructor(scope: Scope, tabs: BroadcastChannel | null = new BroadcastChannel("interviewlens")) {
    this.#tabs = tabs;
    if (tabs) scope.listen<MessageEvent<string>>(tabs, "message", ({ data }) => this.#tell(data));
    scope.add(() => tabs?.close());
  }

  /** Announces a change that was made here, to this tab's own list and to other tabs. */
  announce(id = ""): void {
    this.#tabs?.postMessage(id);
    for (const handler of this.#own) handler(id);
  }

  /** Handles changes that were made in other tabs. */
  fromOtherTabs(scope: Scope, handler: Handler): void {
    this.#handlers.add(handler);
    scope.add(() => this.#handlers.delete(handler));
  }

  readonly #own = new Set<Handler>();

  /** Handles changes that were made in this tab. */
  fromThisTab(scope: Scope, handler: Handler): void {
    this.#own.add(handler);
    scope.add(() => this.#own.delete(handler));
  }

  #tell(id: string): void {
    for (const handler of [...this.#handlers]) handler(id);
  }
}
