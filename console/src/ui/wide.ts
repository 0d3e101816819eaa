// Whether there is room for two columns; the style sheet has the same width.

import { signal } from "@preact/signals";

const query = matchMedia("(min-width: 861px)");

export const wide = signal(query.matches);
query.addEventListener("change", () => (wide.value = query.matches));
