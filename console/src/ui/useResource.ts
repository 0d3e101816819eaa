import { useEffect, useMemo } from "preact/hooks";
import { Resource } from "../api/resource";
import { Scope } from "../lib/scope";

/** What is read when a view is first shown, as long as it is shown. `read` stays the same. */
export function useResource<T>(read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const scope = useMemo(() => new Scope(), []);
  const resource = useMemo(() => new Resource<T>(scope, read), [scope]);
  useEffect(() => {
    void resource.refresh();
    return () => scope.dispose();
  }, [scope, resource]);
  return resource;
}
