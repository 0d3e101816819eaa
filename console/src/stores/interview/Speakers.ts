// The names and roles of the speakers: the user's before the service's.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Interview } from "../../api/client";
import { text } from "../../i18n/en";
import type { Columns } from "../../model/transcript/columns";

type Given = NonNullable<Interview["speakers"]>;
type Label = Exclude<Given[string], string>;

/** What the user says about a speaker: a name alone, or an object. */
function labelOf(given: Given, id: number): Label {
  const label = given[id];
  return typeof label === "string" ? { name: label } : (label ?? {});
}

/** The transcript with the service's own names. It comes with the user's names of `given`,
 * and which ones the service had is then not known. */
export function withOwnNames(words: Columns, given: Given): Columns {
  const names = words.names.map(({ id, name, role }) => ({
    id,
    name: labelOf(given, id).name === undefined ? name : text.transcript.speaker(id + 1),
    role,
  }));
  return { ...words, names };
}

export class Speakers {
  readonly names: ReadonlySignal<ReadonlyMap<number, string>>;
  readonly roles: ReadonlySignal<ReadonlyMap<number, string | null>>;

  constructor(interview: () => Interview | null, words: () => Columns | null) {
    const given = () => interview()?.speakers ?? {};
    this.names = computed(
      () => new Map((words()?.names ?? []).map(({ id, name }) => [id, labelOf(given(), id).name ?? name])),
    );
    this.roles = computed(
      () => new Map((words()?.names ?? []).map(({ id, role }) => [id, labelOf(given(), id).role ?? role ?? null])),
    );
  }

  /** The name of a speaker; empty for none. */
  name(id: number | null | undefined): string {
    return id == null ? "" : (this.names.value.get(id) ?? text.transcript.speaker(id + 1));
  }
}
