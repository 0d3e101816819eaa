// Keys that work everywhere but where something is being typed.

type Keys = Record<string, (event: KeyboardEvent) => void>;

const SEEKING = new Set(["ArrowLeft", "ArrowRight", "j", "l"]);

/** Whether keys are typed there. */
export function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest?.("input:not([type=range]), textarea, select, dialog, [contenteditable]"));
}

/** Listens until what it answers is called. `event.key` names the key. */
export function listen(keys: Keys): () => void {
  const heard = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    // A button that has the focus keeps the keys by which it is pressed.
    const pressed = event.key === " " || event.key === "Enter";
    if (pressed && (event.target as HTMLElement | null)?.closest?.("button, a, summary")) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    // Held down, one goes on seeking, but does not set a row of bookmarks.
    if (!event.repeat || SEEKING.has(event.key)) action(event);
  };
  addEventListener("keydown", heard);
  return () => removeEventListener("keydown", heard);
}
