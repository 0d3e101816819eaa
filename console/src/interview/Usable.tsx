import { Icon } from "../ui/icons";
import { REASON, unusable } from "../ui/words";
import { useOpen } from "./store";

/** Why the transcript cannot be relied on, above everything that is made of it. */
export function Unusable() {
  const interview = useOpen().interview.value;
  const heading = interview && unusable(interview);
  if (!heading) return null;
  const { ok, reasons } = interview.usable!;
  return (
    <div class={`banner unusable ${ok ? "" : "bad"}`} role="alert">
      <Icon name="warning" />
      <div>
        <b>{heading}</b>
        <ul>
          {reasons.map((code) => (
            <li key={code}>{REASON[code] ?? code}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
