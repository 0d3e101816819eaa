import { useEditing } from "../../ui/editing";
import { Icon } from "../../ui/icons";
import { useOpen } from "../store";

/** Who speaks, in which colour; a name can be given. */
export function Speakers() {
  const open = useOpen();
  return (
    <ul class="speakers" aria-label="Speakers">
      {[...open.speakers.value].map(([id, name]) => (
        <Speaker key={id} id={id} name={name} />
      ))}
    </ul>
  );
}

function Speaker({ id, name }: { id: number; name: string }) {
  const open = useOpen();
  const { editing: naming, button, field } = useEditing();
  const role = open.roles.value.get(id);
  const done = (text: string) => {
    naming.value = false;
    if (text.trim() !== name) void open.nameSpeaker(id, text.trim());
  };
  return (
    <li class={`voice-${id % 6}`}>
      {naming.value ? (
        <input
          class="naming"
          aria-label={`Name of ${name}`}
          defaultValue={name}
          maxLength={100}
          ref={field}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.isComposing) {
              // Or it would press the button that has the focus then.
              event.preventDefault();
              event.currentTarget.blur();
            }
            if (event.key === "Escape") {
              event.currentTarget.value = name;
              event.currentTarget.blur();
            }
          }}
          onBlur={(event) => done(event.currentTarget.value)}
        />
      ) : (
        <button
          ref={button}
          type="button"
          class="bare"
          aria-label={`Name ${name}`}
          onClick={() => (naming.value = true)}
        >
          {name} <Icon name="edit" />
        </button>
      )}
      {role && <small class="role">{role}</small>}
    </li>
  );
}
