/** The ledger of changes: what was changed, where, when and by whom. Rows are added and never altered. */
import { z } from 'zod';
import { Target } from './remediation.ts';

/** `action`: Muster did it itself. */
export const changeKinds = ['image', 'config', 'secret', 'flag', 'scale', 'node', 'infrastructure', 'action'] as const;
export const ChangeKind = z.enum(changeKinds);
export type ChangeKind = z.infer<typeof ChangeKind>;

/** What a change amounts to: an action of Muster is an image, a scale ... by what it does. */
export const WeighedKind = ChangeKind.exclude(['action']);
export type WeighedKind = z.infer<typeof WeighedKind>;

/** Characters; longer words are refused from people and cut from machines. */
export const changeLengths = { what: 500, name: 120, text: 500, url: 1_000, key: 300 } as const;

export const RecordedChange = z.object({
  id: z.string(),
  /** When it took effect, as well as its source knows. Never later than `recordedAt`. */
  at: z.string(),
  recordedAt: z.string(),
  kind: ChangeKind,
  weighsAs: WeighedKind,
  /** "revision 5 of checkout (2.3.1 to 2.4.0)". */
  what: z.string(),
  /** Who made it, as the source names them: a pipeline, a login, a field manager. */
  by: z.string().nullable(),
  /** Person id, where the source's name is one that the organisation knows. */
  author: z.string().nullable(),
  /** Who told: `cluster`, `muster`, the name of a webhook, or `person`. */
  source: z.string(),
  target: Target.nullable(),
  /** Id in the catalogue. */
  service: z.string().nullable(),
  environment: z.string().nullable(),
  reference: z.object({ commit: z.string().nullable(), url: z.string().nullable() }),
  /** Short, without secrets; of Secrets and ConfigMaps only a salted digest. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** Workloads that it reaches beside its target, as `cluster/Kind/namespace/name`: those that read the ConfigMap. */
  concerns: z.array(z.string()),
  drill: z.boolean(),
  /** The same key is the same change, once among drills and once outside of them. */
  dedupKey: z.string(),
});
export type RecordedChange = z.infer<typeof RecordedChange>;
export type NewChange = Omit<RecordedChange, 'id' | 'recordedAt'>;

const short = (charactersMax: number) => z.string().trim().min(1).max(charactersMax);

/** What pipelines, flag services and people tell. Links are http or https, because pages show them. */
export const TellChange = z.strictObject({
  kind: WeighedKind,
  what: short(changeLengths.what),
  service: short(changeLengths.name).optional(),
  target: z
    .strictObject({
      cluster: short(changeLengths.name),
      kind: short(changeLengths.name),
      namespace: z.string().trim().max(changeLengths.name),
      name: short(253),
    })
    .optional(),
  environment: short(changeLengths.name).optional(),
  at: z.iso
    .datetime({ offset: true, error: 'an instant such as 2026-11-18T08:00:00Z; leave it out for now' })
    .optional(),
  by: short(changeLengths.name).optional(),
  /** Person id, mail address or name; who it is of the organisation is looked up. */
  author: short(changeLengths.name).optional(),
  commit: short(changeLengths.name).optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
    .max(changeLengths.url)
    .optional(),
  before: z.string().trim().max(changeLengths.text).optional(),
  after: z.string().trim().max(changeLengths.text).optional(),
  drill: z.boolean().optional(),
  /** The same key of one source is the same change. */
  key: short(200).optional(),
});
export type TellChange = z.infer<typeof TellChange>;

/** The same from any source, before it is brought to size and its names are looked up. */
export interface GivenChange extends TellChange {
  /** `owner/name` of the repository, which the catalogue may know. */
  repository?: string;
}

/** `repeat`: it was recorded before. One told of several services has a row for each. */
export const TakenChange = z.object({ change: RecordedChange, repeat: z.boolean() });
export type TakenChange = z.infer<typeof TakenChange>;

/** How well one place is watched. `namespace` empty: the nodes of the cluster. */
export const WatchedPlace = z.object({
  cluster: z.string(),
  namespace: z.string(),
  drill: z.boolean(),
  lookedAt: z.string(),
  /** What could not be read there, and the right to grant. */
  missing: z.array(z.string()),
});
export type WatchedPlace = z.infer<typeof WatchedPlace>;

/** Newest first. */
export const ChangeList = z.object({ items: z.array(RecordedChange), watched: z.array(WatchedPlace) });
export type ChangeList = z.infer<typeof ChangeList>;
