import { text } from "../../i18n/en";
import { labelOf } from "../../lib/lookup";
import { useInterview } from "../../stores/interview/InterviewStore";
import { InlineEdit } from "../../ui/InlineEdit";

/** Who speaks, in which colour; each can be renamed. */
export function Speakers() {
  const { speakers } = useInterview();
  return (
    <ul class="speakers" aria-label={text.transcript.speakers}>
      {[...speakers.names.value].map(([id, name]) => (
        <Speaker key={id} id={id} name={name} />
      ))}
    </ul>
  );
}

function Speaker({ id, name }: { id: number; name: string }) {
  const store = useInterview();
  const role = store.speakers.roles.value.get(id);
  return (
    <li class={`voice-${id % 6}`}>
      {store.isReadOnly ? (
        <span class="pad-inline">{name}</span>
      ) : (
        <InlineEdit
          class="naming"
          value={name}
          label={text.transcript.nameOf(name)}
          edit={text.transcript.rename(name)}
          maxLength={100}
          allowEmpty
          save={(wanted) => store.nameSpeaker(id, wanted)}
          button={name}
        />
      )}
      {role && <small class="role">{labelOf(text.transcript.roles, role)}</small>}
    </li>
  );
}
