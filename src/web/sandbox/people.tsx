import { Failed, Loaded } from '../parts/notes.tsx';
import { send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { useMe } from '../server/session.ts';
import { type SandboxPerson, useSandboxPeople } from './sandbox-state.ts';

/** Play somebody of the stand-in company: whoever proposed a change may not approve it, so that takes a second person. */
export const People = ({ url }: { url: string }) => {
  const people = useSandboxPeople(url);
  return (
    <section class="pane" aria-labelledby="people-title">
      <h3 id="people-title">People</h3>
      <p class="soft">Sign in as one of them to see what they may do.</p>
      <Loaded resource={people} what="the people">
        {(found) => (
          <ul class="plain rows">
            {found.map((person) => (
              <Person key={person.id} person={person} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
};

const Person = ({ person }: { person: SandboxPerson }) => {
  const me = useMe();
  const command = useCommand();
  const mine = me?.person.id === person.id;
  const become = async (): Promise<void> => {
    if (await command.run(() => send('/api/v1/session', { token: person.token }))) location.assign('/');
  };
  return (
    <li class="person">
      <span>
        <strong>{person.name}</strong> <span class="soft">{person.roles.join(', ')}</span>
      </span>
      {mine ? (
        <span class="check check-yes">you</span>
      ) : (
        <button type="button" class="small" disabled={command.busy} onClick={() => void become()}>
          Sign in<span class="visually-hidden"> as {person.name}</span>
        </button>
      )}
      {command.problem ? <Failed problem={command.problem} /> : null}
    </li>
  );
};
