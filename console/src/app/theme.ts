// Light, dark, or as the system has it.

import { signal } from "@preact/signals";
import type { Scope } from "../lib/scope";
import { keep, oneOf, stored } from "../lib/storage";

const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>("system");
/** Counts the changes of colours, for canvases, which no style sheet repaints. */
export const repaint = signal(0);

/** Applies the theme that was chosen last, and follows changes until the scope ends. */
export function startTheme(scope: Scope): void {
  theme.value = stored("theme", oneOf(THEMES), "system");
  scope.listen(matchMedia("(prefers-color-scheme: dark)"), "change", () => (repaint.value += 1));
  scope.effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    keep("theme", theme.value);
    repaint.value = repaint.peek() + 1;
  });
}

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}

/** The colour that a custom property stands for now. */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
