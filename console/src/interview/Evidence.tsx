import type { Evidence } from "../api/client";
import { clock } from "../ui/format";
import { hrefs } from "../ui/route";
import { useOpen } from "./store";

const MARK: Record<Evidence["status"], [string, string]> = {
  verified: ["✓", "Matches the transcript word for word"],
  repaired: ["≈", "Matches the transcript with small differences; these are its words"],
  unverified: ["✗", "Not in the transcript"],
};

/** Quotes, each a link that plays it, with how it matches the transcript. */
export function Quotes({ evidence }: { evidence: Evidence[] }) {
  if (!evidence.length) return null;
  return (
    <ul class="quotes">
      {evidence.map((quote, index) => (
        <Quote key={index} evidence={quote} />
      ))}
    </ul>
  );
}

function Quote({ evidence: { quote, status, speaker, start_ms, end_ms } }: { evidence: Evidence }) {
  const open = useOpen();
  const [mark, meaning] = MARK[status];
  const found = start_ms != null;
  const words = (
    <q dir="auto" lang={open.interview.value?.language ?? undefined}>
      {quote}
    </q>
  );
  return (
    <li class={`quote ${status}`}>
      <span class="verdict" role="img" aria-label={meaning} title={meaning}>
        {mark}
      </span>
      {found ? (
        <a
          href={hrefs.moment(open.id, start_ms)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            void open.player.play(start_ms, end_ms ?? undefined);
          }}
        >
          {words}
        </a>
      ) : (
        words
      )}
      {found && (
        <span class="quiet">
          {" "}
          {open.name(speaker)}, {clock(start_ms)}
        </span>
      )}
    </li>
  );
}
