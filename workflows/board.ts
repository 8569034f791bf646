import type { IncidentView } from '../src/schema/incident.ts';

const clock = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

/** Markdown for the header of the workflow's page in the Temporal UI: the same words as every other surface. */
export const boardOf = (view: IncidentView): string => {
  const [next] = view.deadlines;
  const roles = Object.entries(view.roles).map(([role, holder]) => `${role}: ${holder.name}`);
  const lines = [
    `**${view.severity} ${view.title}**${view.drill ? ' (drill)' : ''}: ${view.status}`,
    '',
    `- Declared ${clock(view.declaredAt)} by ${view.declaredBy.name}`,
    view.acknowledgedBy ? `- Acknowledged by ${view.acknowledgedBy}` : '- Not acknowledged',
    `- Roles: ${roles.length > 0 ? roles.join(', ') : 'nobody yet'}`,
    `- Cause: ${view.cause ?? 'not known yet'}`,
    next ? `- Next: ${next.action}, at ${clock(next.dueAt)} (${next.why})` : '- Nothing is due',
  ];
  const later = view.deadlines.slice(1).map((due) => `| ${clock(due.dueAt)} | ${due.action} | ${due.who} |`);
  if (later.length > 0) lines.push('', '| later | what | who |', '|---|---|---|', ...later);
  return lines.join('\n');
};
