/** What is loaded, how far each runbook may go by itself, and how well it did: one answer for one page. */
import { z } from 'zod';
import { BlastClass } from './remediation.ts';
import { Mode } from './remediation-policy.ts';
import { Stop } from './stop.ts';
import { TrustRow } from './trust.ts';

/** How far a step may go by itself in one environment, by the policies and by what holds at this moment. */
export const StepMode = z.object({
  environment: z.string(),
  /** As it is carried out there: `roll-back` is the rollback of the kind of workload. */
  action: z.string(),
  blastClass: BlastClass,
  /** In which case a plan has this class, in words. */
  when: z.string(),
  /** Titles of the services for which all of this holds. */
  services: z.array(z.string()),
  mode: Mode,
  /** What the mode means, in words. */
  meaning: z.string(),
  /** The policy that says so first, then each reason that lowered it. */
  because: z.array(z.string()),
  /** How a yes must look, in words; null where none is asked for. */
  yes: z.string().nullable(),
});
export type StepMode = z.infer<typeof StepMode>;

const RunbookStepView = z.object({
  id: z.string(),
  title: z.string(),
  action: z.string(),
  /** What it does to what and when, in one sentence. */
  does: z.string(),
  /** Empty where no service of the catalogue has such a target; `nowhere` then says why. */
  modes: z.array(StepMode),
  nowhere: z.string().nullable(),
});
export type RunbookStepView = z.infer<typeof RunbookStepView>;

/** One row of trust with the threshold that it is measured by. */
const MeasuredTrust = TrustRow.extend({
  /** From so many runs and this bound on a person is told to consider `auto`. */
  promoteFrom: z.object({ runs: z.number().int(), bound: z.number() }),
  /** What follows, in words. */
  follows: z.string(),
});
export type MeasuredTrust = z.infer<typeof MeasuredTrust>;

/** A stop that covers the runbook or some of its steps. */
const StopOver = Stop.extend({
  /** What is stopped, in words: "the runbook bad-release". */
  what: z.string(),
  /** Ids of the steps that it stops; null: all of it. */
  steps: z.array(z.string()).nullable(),
});
export type StopOver = z.infer<typeof StopOver>;

export const RunbookView = z.object({
  name: z.string(),
  version: z.number().int(),
  title: z.string(),
  owner: z.string(),
  builtIn: z.boolean(),
  /** Name of the file within its folder. */
  file: z.string(),
  /** When it is looked at, in one sentence. */
  matches: z.string(),
  /** Where it stops automation and pages instead; null: it does not. */
  stopsAutomation: z.string().nullable(),
  steps: z.array(RunbookStepView),
  /** Scope of its own kill switch, to be sent to /api/v1/stops. */
  stopScope: z.string(),
  stops: z.array(StopOver),
  /** Breakers that are open: until then it only recommends itself for that target. */
  breakers: z.array(z.object({ target: z.string(), until: z.string(), because: z.string() })),
  /** Of this version, latest first. */
  trust: z.array(MeasuredTrust),
  /** Results of drills, which count for nothing else. */
  practice: z.array(MeasuredTrust),
});
export type RunbookView = z.infer<typeof RunbookView>;

/** What the policies say together about one part of the catalogue. */
export const PolicyGround = z.object({
  /** Null: any environment that neither the catalogue nor a policy names. */
  environment: z.string().nullable(),
  /** Titles of the services for which something else holds than for the rest of the environment; null: the rest. */
  services: z.array(z.string()).nullable(),
  /** Names of the policies that were asked. */
  policies: z.array(z.string()),
  classes: z.array(
    z.object({
      blastClass: BlastClass,
      what: z.string(),
      mode: Mode,
      meaning: z.string(),
      /** Name of the policy. */
      by: z.string(),
      /** Who says yes where one is asked for, how many, by when and how long it is good, in words; null: nobody can. */
      yes: z.string().nullable(),
    }),
  ),
  limits: z.array(z.string()),
  /** What promotes and what lowers a runbook, in words. */
  trust: z.array(z.string()),
});
export type PolicyGround = z.infer<typeof PolicyGround>;

const FreezeView = z.object({
  name: z.string(),
  policy: z.string(),
  reason: z.string(),
  /** When it is closed and for what, in words. */
  when: z.string(),
  where: z.string(),
  /** Changes wait at this moment. */
  closed: z.boolean(),
  /** The most that is possible meanwhile. */
  capMode: Mode,
  meaning: z.string(),
});
export type FreezeView = z.infer<typeof FreezeView>;

const PolicyFileView = z.object({
  name: z.string(),
  file: z.string(),
  builtIn: z.boolean(),
  owner: z.string().nullable(),
  description: z.string().nullable(),
  /** What it is about, in words. */
  where: z.string(),
});

export const RunbookBoard = z.object({
  /** When the api read the files; the worker reads them at its own start. */
  readAt: z.string(),
  /** The moment that freezes, breakers and stops are told for. */
  at: z.string(),
  runbooks: z.array(RunbookView),
  /** What may lower a mode further, and is known only once there is a target. */
  mayLower: z.string(),
  grounds: z.array(PolicyGround),
  freezes: z.array(FreezeView),
  policies: z.array(PolicyFileView),
  /** Files that cannot be used, each with place and remedy; the worker does not start with them. */
  faults: z.array(z.string()),
});
export type RunbookBoard = z.infer<typeof RunbookBoard>;
