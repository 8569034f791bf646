import type { FreezeView, PolicyGround, RunbookBoard } from '../../schema/runbook-board.ts';
import { ModeBadge } from './mode-badge.tsx';

/** On whose word what may be done: environment by environment, with the windows in which changes wait and the files. */
export const PolicySection = ({ board }: { board: RunbookBoard }) => (
  <section class="policies" aria-labelledby="policies-title">
    <h2 id="policies-title">Policies</h2>
    <p class="soft">
      A mode is changed in a policy file of your own in <code>MUSTER_REMEDIATION_DIR</code>, never here: so it can be
      reviewed like code. <code>muster mode</code> tries one out.
    </p>
    <div class="grounds">
      {board.grounds.map((ground) => (
        <Ground key={`${ground.environment}${ground.services?.join()}`} ground={ground} />
      ))}
    </div>
    <h3>Freeze windows</h3>
    {board.freezes.length === 0 ? (
      <p class="note">No policy has one. Changes never wait for a date or an hour.</p>
    ) : (
      <ul class="plain mode-rows">
        {board.freezes.map((freeze) => (
          <Freeze key={`${freeze.policy} ${freeze.name}`} freeze={freeze} />
        ))}
      </ul>
    )}
    <h3>Files</h3>
    <ul class="plain mode-rows">
      {board.policies.map((policy) => (
        <li class="mode-row" key={policy.name}>
          <p class="mode-what">
            <strong>{policy.name}</strong> <span class="tag">{policy.builtIn ? 'comes with Muster' : 'your own'}</span>
          </p>
          <div class="mode-why">
            <p>{policy.description ?? 'It says nothing about itself.'}</p>
            <p class="soft">
              <code>{policy.file}</code>
              {policy.owner ? `, of ${policy.owner}` : ''}; holds {policy.where}.
            </p>
          </div>
        </li>
      ))}
    </ul>
  </section>
);

const Ground = ({ ground }: { ground: PolicyGround }) => (
  <section class="card ground">
    <h3>
      {ground.environment === null ? 'In any other environment' : `In ${ground.environment}`}
      {ground.services ? `: ${ground.services.join(', ')}` : ''}
    </h3>
    <ul class="plain mode-rows">
      {ground.classes.map((one) => (
        <li class="mode-row" key={one.blastClass}>
          <p class="mode-what">
            <strong>{one.blastClass}</strong> <ModeBadge mode={one.mode} />
          </p>
          <div class="mode-why">
            <p>
              {one.what}: {one.meaning}
            </p>
            <p class="soft">
              {one.yes ? `${one.mode === 'approve' ? '' : 'Where a person is asked: '}${one.yes}. ` : ''}Policy {one.by}
              .
            </p>
          </div>
        </li>
      ))}
    </ul>
    <h4>Changes at the most</h4>
    <ul class="risks">
      {ground.limits.map((limit) => (
        <li key={limit}>{limit}</li>
      ))}
    </ul>
    <details class="why">
      <summary>
        What promotes and what lowers a runbook
        <span class="visually-hidden"> in {ground.environment ?? 'any other environment'}</span>
      </summary>
      <ul class="risks">
        {ground.trust.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  </section>
);

const Freeze = ({ freeze }: { freeze: FreezeView }) => (
  <li class="mode-row">
    <p class="mode-what">
      <strong>{freeze.name}</strong>{' '}
      <span class={`status tone-${freeze.closed ? 'bad' : 'good'}`}>{freeze.closed ? 'Closed now' : 'Open now'}</span>
    </p>
    <div class="mode-why">
      <p>
        {freeze.reason}: at the most <ModeBadge mode={freeze.capMode} /> meanwhile, {freeze.meaning}
      </p>
      <p class="soft">
        {freeze.when}. Holds {freeze.where}. Policy {freeze.policy}.
      </p>
    </div>
  </li>
);
