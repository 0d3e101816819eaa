import { useOpen } from "./store";

interface Props {
  step: "transcription" | "analysis";
  /** What it makes. */
  name: string;
}

/** Why a pane has nothing to show. */
export function Missing({ step, name }: Props) {
  const open = useOpen();
  const why = open.missed.value[step];
  if (why) return <Missed what={`The ${name} was not loaded`} why={why} again={() => open.fetchMissed()} />;
  const state = open.interview.value?.steps[step].state;
  return (
    <p class="quiet pad">
      {state === "failed"
        ? `There is no ${name}.`
        : state === "done"
          ? `Loading the ${name}…`
          : `You'll see the ${name} here once it's ready.`}
    </p>
  );
}

/** What was not loaded, with a way to try again. */
export function Missed({ what, why, again }: { what: string; why: string; again: () => void }) {
  return (
    <p class="banner bad" role="alert">
      <span>
        {what}: {why}
      </span>
      <button type="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}
