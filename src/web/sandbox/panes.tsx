import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Series } from '../../schema/evidence.ts';
import { Curve, figureText } from '../parts/curve.tsx';
import { Instant } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { useCommand } from '../server/command.ts';
import { isRinging, pressPhone, type SandboxPage, type SandboxRoom, type SandboxState } from './sandbox-state.ts';

/** The phones: those that ring first, with the one button a phone has. */
export const Phones = ({ url, state, only }: { url: string; state: SandboxState; only?: string }) => {
  const pages = state.pages.filter((page) => !only || page.dedupKey.startsWith(`${only}/`));
  const ordered = [...pages].sort(
    (one, other) => Number(isRinging(other)) - Number(isRinging(one)) || Date.parse(other.at) - Date.parse(one.at),
  );
  return (
    <Pane title="Phones" id="phones">
      {ordered.length === 0 ? <p class="note">No phone has rung.</p> : null}
      <ul class="plain phones" aria-live="polite">
        {ordered.map((page) => (
          <Phone key={page.id} url={url} page={page} />
        ))}
      </ul>
    </Pane>
  );
};

const Phone = ({ url, page }: { url: string; page: SandboxPage }) => {
  const command = useCommand();
  const rings = isRinging(page);
  return (
    <li class={rings ? 'phone is-ringing' : 'phone'}>
      <svg class="phone-sign" viewBox="0 0 20 32" aria-hidden="true">
        <rect x="1.5" y="1.5" width="17" height="29" rx="4" />
        <path d="M8 26.5h4" />
      </svg>
      <div>
        <p>
          <strong>{page.to}</strong>{' '}
          <span class={rings ? 'check check-no' : 'check check-yes'}>{rings ? 'ringing' : page.status}</span>
        </p>
        {page.summary ? <p class="phone-text">{page.summary}</p> : null}
        <p class="soft">
          <Instant at={page.at} />
        </p>
        {command.problem ? <Failed problem={command.problem} /> : null}
      </div>
      {rings ? (
        <button
          type="button"
          class="primary"
          aria-label={`Acknowledge on the phone of ${page.to}`}
          disabled={command.busy}
          onClick={() => void command.run(() => pressPhone(url, page.id))}
        >
          Ack
        </button>
      ) : null}
    </li>
  );
};

/** Rooms as the team sees them. `only` keeps one room and the standing channels out. */
export const Chat = ({ state, only }: { state: SandboxState; only?: string | undefined }) => {
  const wanted = only?.replace(/^#/, '');
  const rooms = state.channels.filter((room) =>
    wanted ? room.name.replace(/^#/, '') === wanted : room.messages.length > 0,
  );
  return (
    <Pane title="Chat" id="chat">
      {rooms.length === 0 ? <p class="note">No room is open.</p> : null}
      {[...rooms].reverse().map((room, index) => (
        <details key={room.name} class="fold room" open={index === 0}>
          <summary>
            {titleOf(room)} <span class="soft">({room.messages.length})</span>
            {room.archived ? <span class="tag">archived</span> : null}
          </summary>
          <Messages room={room} />
        </details>
      ))}
    </Pane>
  );
};

/** Stays at the newest message, as a chat does. */
const Messages = ({ room }: { room: SandboxRoom }) => {
  const list = useRef<HTMLOListElement>(null);
  const { length } = room.messages;
  useEffect(() => {
    if (length > 0) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [length]);
  return (
    <ol class="plain messages" ref={list}>
      {room.messages.map((message) => (
        <li key={`${message.at}${message.from}${message.text}`}>
          <p class="soft">
            <strong>{message.from}</strong> <Instant at={message.at} />
          </p>
          <p class="message-text">{chatText(message.text)}</p>
        </li>
      ))}
    </ol>
  );
};

const titleOf = (room: SandboxRoom): string =>
  room.kind === 'im' ? `To ${(room.members ?? []).join(' and ')}` : `#${room.name.replace(/^#/, '')}`;

/** Slack's marks: <url|words>, *bold*, `code`; and its three escaped characters. */
const chatText = (text: string): ComponentChildren =>
  text.split(/(<[^>\s|]+(?:\|[^>]*)?>|\*[^*\n]+\*|`[^`\n]+`)/).map((part) => {
    const link = /^<([^>\s|]+)(?:\|([^>]*))?>$/.exec(part);
    if (link?.[1]?.match(/^https?:\/\//)) return <a href={link[1]}>{plain(link[2] ?? link[1])}</a>;
    if (link) return <span class="mention">{link[2] ?? link[1]?.replace(/^!/, '@')}</span>;
    if (/^\*[^*]+\*$/.test(part)) return <strong>{plain(part.slice(1, -1))}</strong>;
    if (/^`[^`]+`$/.test(part)) return <code>{plain(part.slice(1, -1))}</code>;
    return plain(part);
  });
const plain = (text: string): string => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

export const Cluster = ({ state }: { state: SandboxState }) => (
  <Pane title="Cluster" id="cluster">
    {state.deployments.length === 0 ? <p class="note">The cluster is empty.</p> : null}
    <ul class="plain deployments">
      {state.deployments.map((deployment) => {
        const pods = (state.pods ?? []).filter(
          (pod) =>
            pod.namespace === deployment.namespace &&
            (pod.app ? pod.app === deployment.name : pod.name.startsWith(`${deployment.name}-`)),
        );
        const well = deployment.ready >= deployment.replicas;
        return (
          <li key={`${deployment.namespace}/${deployment.name}`} class="deployment">
            <p>
              <strong>
                {deployment.namespace}/{deployment.name}
              </strong>{' '}
              <span class={well ? 'check check-yes' : 'check check-no'}>
                {deployment.ready} of {deployment.replicas} ready
              </span>
            </p>
            <p class="soft">
              revision {deployment.revision}
              <br />
              <code>{deployment.image}</code>
            </p>
            {pods.length > 0 ? (
              <ul class="plain pods">
                {pods.map((pod) => (
                  <li key={pod.name} class={pod.ready ? 'pod' : 'pod is-bad'}>
                    <span class={pod.ready ? 'check check-yes' : 'check check-no'}>
                      {pod.ready ? 'Ready' : (pod.reason ?? pod.phase)}
                    </span>
                    <span class="pod-name">{pod.name}</span>
                    {pod.restarts ? <span class="soft">{pod.restarts} restarts</span> : null}
                  </li>
                ))}
              </ul>
            ) : null}
          </li>
        );
      })}
    </ul>
  </Pane>
);

/** Curves that are out of health first, of those with a story; the quiet ones fold away. */
export const Figures = ({ state, only }: { state: SandboxState; only?: string | null }) => {
  const metrics = (state.metrics ?? []).filter((metric) => !only || metric.service === only);
  const all = metrics.map((metric) => ({
    series: { ...metric, title: metric.name.replace('/', ' of '), marks: [] } satisfies Series,
    hurt: metric.points.some((point) => metric.healthyBelow !== null && (point.value ?? 0) >= metric.healthyBelow),
  }));
  const quiet = all.filter((one) => !one.hurt);
  return (
    <Pane title="Figures" id="figures">
      {all.length === 0 ? <p class="note">No curve yet.</p> : null}
      {all
        .filter((one) => one.hurt)
        .map(({ series }) => (
          <Curve key={series.title} series={series} height={150} />
        ))}
      {quiet.length > 0 ? (
        <ul class="plain rows">
          {quiet.map(({ series }) => (
            <li key={series.title}>
              <span class="check check-yes">well</span> {series.title}:{' '}
              {figureText(series.points.at(-1)?.value, series.unit)}{' '}
              <span class="soft">
                {series.healthyBelow === null ? '' : `healthy below ${figureText(series.healthyBelow, series.unit)}`}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </Pane>
  );
};

export const Posts = ({ state }: { state: SandboxState }) => (
  <Pane title="Status page and mail" id="posts">
    {state.statusPosts.length + state.mails.length === 0 ? <p class="note">Nothing was published or mailed.</p> : null}
    <ul class="plain rows">
      {[...state.statusPosts].reverse().map((post) => (
        <li key={`${post.id}${post.at}`}>
          <span class="tag tag-public">{post.status}</span> {post.body}{' '}
          <span class="soft">
            <Instant at={post.at} />
          </span>
        </li>
      ))}
      {[...state.mails].reverse().map((mail) => (
        <li key={`${mail.subject}${mail.at}`}>
          <span class="tag">mail</span> {mail.subject}{' '}
          <span class="soft">
            to {[mail.to].flat().join(', ')}, <Instant at={mail.at} />
          </span>
          {mail.text ? (
            <details class="why">
              <summary>Read</summary>
              <pre class="code">{mail.text}</pre>
            </details>
          ) : null}
        </li>
      ))}
    </ul>
  </Pane>
);

const Pane = ({ title, id, children }: { title: string; id: string; children: ComponentChildren }) => (
  <section class="pane" aria-labelledby={`${id}-title`}>
    <h3 id={`${id}-title`}>{title}</h3>
    {children}
  </section>
);
