import type { ComponentChildren } from 'preact';
import type { Problem } from '../server/client.ts';
import type { Resource } from '../server/resource.ts';

/** Written states: a page is never blank. */
export const Loading = ({ what }: { what: string }) => (
  <p class="note" role="status">
    Loading {what}…
  </p>
);

export const Empty = ({ children }: { children: ComponentChildren }) => <div class="note">{children}</div>;

export const Failed = ({ problem, retry }: { problem: Problem; retry?: () => void }) => (
  <div class="note note-failed" role="alert">
    <p>
      <strong>{problem.title}.</strong> {problem.detail}
    </p>
    {problem.errors?.length ? (
      <ul>
        {problem.errors.map((fault) => (
          <li key={`${fault.path}${fault.message}`}>
            {fault.path ? <code>{fault.path}</code> : null} {fault.message}
          </li>
        ))}
      </ul>
    ) : null}
    {retry ? (
      <button type="button" onClick={retry}>
        Try again
      </button>
    ) : null}
  </div>
);

/** Loading, failed or the content: in that order of what is known. */
export const Loaded = <T,>({
  resource,
  what,
  children,
}: {
  resource: Resource<T>;
  what: string;
  children: (value: T) => ComponentChildren;
}) => {
  if (resource.value === undefined)
    return resource.problem ? <Failed problem={resource.problem} retry={resource.reload} /> : <Loading what={what} />;
  return <>{children(resource.value)}</>;
};
