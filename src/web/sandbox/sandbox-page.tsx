import { useState } from 'preact/hooks';
import { startDrill } from '../board/drill-form.ts';
import { Failed, Loaded } from '../parts/notes.tsx';
import { useTitle } from '../parts/title.ts';
import { useCommand } from '../server/command.ts';
import { useMe } from '../server/session.ts';
import { KillWorker } from './kill-worker.tsx';
import { Chat, Cluster, Figures, Phones, Posts } from './panes.tsx';
import { People } from './people.tsx';
import { breakUnannounced, type Scenario, useSandbox, useScenarios } from './sandbox-state.ts';

/** The stand-in world: break something, watch who is called, press their phones. */
export const SandboxPage = () => {
  const me = useMe();
  useTitle('Sandbox');
  if (!me?.sandboxUrl)
    return (
      <>
        <h1 tabIndex={-1}>Sandbox</h1>
        <p class="note">
          No sandbox runs here. <code>npm start</code> brings one; in production it is left out on purpose.
        </p>
      </>
    );
  return <Running url={me.sandboxUrl} supervisorUrl={me.supervisorUrl ?? null} />;
};

const Running = ({ url, supervisorUrl }: { url: string; supervisorUrl: string | null }) => {
  const sandbox = useSandbox(url);
  return (
    <>
      <h1 tabIndex={-1}>Sandbox</h1>
      <p class="soft lead">
        A stand-in company: its cluster, pager, chat and status page. Nothing here reaches the real world.
      </p>
      <Breaking url={url} supervisorUrl={supervisorUrl} />
      {sandbox.problem && sandbox.value ? <Failed problem={sandbox.problem} retry={sandbox.reload} /> : null}
      <Loaded resource={sandbox} what="the sandbox">
        {(state) => (
          <div class="panes">
            <div class="pane-column">
              <Phones url={url} state={state} />
              <People url={url} />
            </div>
            <div class="pane-column">
              <Chat state={state} />
              <Posts state={state} />
            </div>
            <div class="pane-column">
              <Figures state={state} />
              <Cluster state={state} />
            </div>
          </div>
        )}
      </Loaded>
    </>
  );
};

const Breaking = ({ url, supervisorUrl }: { url: string; supervisorUrl: string | null }) => {
  const scenarios = useScenarios(url);
  const [mode, setMode] = useState('10');
  const [people, setPeople] = useState(false);
  const [said, setSaid] = useState<{ text: string; incidentId: string | null } | null>(null);
  const command = useCommand();

  const start = async (scenario: Scenario): Promise<void> => {
    let incidentId: string | null = null;
    const done = await command.run(async () => {
      if (mode === 'unannounced') await breakUnannounced(url, scenario.name);
      else incidentId = await startDrill({ scenario: scenario.name, speed: Number(mode), people });
    });
    if (done) setSaid({ text: `${scenario.title}: started. Its alert arrives when the figures say so.`, incidentId });
  };
  return (
    <section class="card breaking" aria-labelledby="breaking-title">
      <h2 id="breaking-title">Break something</h2>
      <div class="breaking-options">
        <label>
          As{' '}
          <select value={mode} onInput={(event) => setMode(event.currentTarget.value)}>
            <option value="1">a drill, speed as in life</option>
            <option value="10">a drill, 10 times faster</option>
            <option value="60">a drill, 60 times faster</option>
            <option value="unannounced">unannounced, like a real failure</option>
          </select>
        </label>
        <label class={mode === 'unannounced' ? 'soft' : ''}>
          <input
            type="checkbox"
            checked={people}
            disabled={mode === 'unannounced'}
            onChange={(event) => setPeople(event.currentTarget.checked)}
          />{' '}
          the sandbox's people answer and approve
        </label>
      </div>
      <div class="buttons">
        {(scenarios.value ?? []).map((scenario) => (
          <button
            key={scenario.name}
            type="button"
            title={scenario.breaks}
            disabled={command.busy}
            onClick={() => void start(scenario)}
          >
            {scenario.title}
          </button>
        ))}
      </div>
      {scenarios.problem ? <Failed problem={scenarios.problem} retry={scenarios.reload} /> : null}
      {command.problem ? <Failed problem={command.problem} /> : null}
      <p class="soft" role="status">
        {said ? (
          <>
            {said.text}{' '}
            <a href={said.incidentId ? `/incidents/${said.incidentId}` : '/'}>{said.incidentId ?? 'Watch the board'}</a>
          </>
        ) : null}
      </p>
      {supervisorUrl ? <KillWorker url={supervisorUrl} /> : null}
    </section>
  );
};
