// Keys that work everywhere except where they have another meaning.

import type { Scope } from "./scope";

type Keys = Record<string, (event: KeyboardEvent) => void>;

const SEEKING = new Set(["ArrowLeft", "ArrowRight", "j", "l"]);
/** Widgets that arrow keys move within. */
const OWN_ARROWS = "[role=tablist], [role=menu], [role=radiogroup], [role=slider]";

/** Whether an element takes text, or is in a dialog. */
export function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest?.("input:not([type=range]), textarea, select, dialog, [contenteditable]"));
}

/** Calls the action of a key until the scope ends. `event.key` names the key. */
export function listenToKeys(scope: Scope, keys: Keys): void {
  scope.listen<KeyboardEvent>(window, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    const element = event.target as HTMLElement | null;
    // A button that has the focus keeps the keys by which it is pressed.
    const pressed = event.key === " " || event.key === "Enter";
    if (pressed && element?.closest?.("button, a, summary")) return;
    if (event.key.startsWith("Arrow") && element?.closest?.(OWN_ARROWS)) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    // A held key seeks on, but does not set a row of bookmarks.
    if (!event.repeat || SEEKING.has(event.key)) action(event);
  });
}
