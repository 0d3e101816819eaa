import type { ComponentChildren } from "preact";
import type { StepName } from "../api/client";
import type { Resource } from "../api/resource";
import { text } from "../i18n/en";
import { useInterview } from "../stores/interview/InterviewStore";
import { FailureBanner } from "../ui/Banner";

interface Props<T> {
  resource: Resource<T>;
  /** What the pane shows, as in "Couldn't load the …". */
  name: string;
  /** The step that makes it, if one does. */
  step?: StepName;
  children: (value: T) => ComponentChildren;
}

/** What is read of the service: the value, or why there is none. */
export function Pane<T>({ resource, name, step, children }: Props<T>) {
  const load = resource.load.value;
  const { value } = resource;
  const retry = () => resource.retry();
  if (value !== null) {
    return (
      <>
        {load.state === "failed" && <FailureBanner what={text.part.older(name)} details={load.error.message} onRetry={retry} />}
        {children(value)}
      </>
    );
  }
  if (load.state === "failed") {
    const details = load.retryAt === null ? load.error.message : `${load.error.message} ${text.part.retrying}`;
    return <FailureBanner what={text.part.notLoaded(name)} details={details} onRetry={retry} />;
  }
  return <Placeholder name={name} {...(step && { step })} />;
}

/** Says why there is nothing yet. */
export function Placeholder({ name, step }: { name: string; step?: StepName }) {
  const steps = useInterview().interview.value?.steps;
  const state = step && steps?.[step].state;
  if (step && state === "failed") {
    const isUntranscribed = steps?.transcription.state === "failed" && step !== "transcription";
    return <p class="quiet pad">{(isUntranscribed ? text.part.none : text.part.failed)(name)}</p>;
  }
  if (step && state !== "done") return <p class="quiet pad">{text.part.soon(name)}</p>;
  return (
    <div class="skeleton" role="status" aria-label={text.part.loading(name)}>
      <i />
      <i />
      <i />
    </div>
  );
}
