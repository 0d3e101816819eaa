import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n/en";
import { FailureBanner } from "./Banner";

/** A view whose script is loaded when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return lazyIn(load, (inside) => (
    <main class="list" aria-busy={inside ? undefined : "true"} id="main">
      {inside}
    </main>
  ));
}

/** A part of a view, likewise: until its script is there, there is nothing. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return lazyIn(load, (inside) => inside);
}

/** `around` has what is shown until the script is there, or its failure. */
function lazyIn<P extends object>(
  load: () => Promise<ComponentType<P>>,
  around: (inside: ComponentChildren) => ComponentChildren,
): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [View, show] = useState<ComponentType<P> | null>(() => loaded);
    const [failed, fail] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (view) => {
          loaded = view;
          show(() => view);
        },
        // The script of a page that is older than the service may be gone.
        () => fail(true),
      );
    }, []);
    if (failed) {
      const reload = () => location.reload();
      return <>{around(<FailureBanner what={text.app.outdated} action={text.app.reload} onRetry={reload} />)}</>;
    }
    return View ? <View {...props} /> : <>{around(null)}</>;
  };
}
