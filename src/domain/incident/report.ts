/** Reports of customers: what makes two of them the same, and how counts are said. Pure. */
import type { ReportCounts } from '../../schema/report.ts';

/** Source of the alerts that counting makes. */
export const reportsSource = 'reports';

/** Case and spaces do not make two patterns, customers or tickets of one. */
export const folded = (words: string): string => words.normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase();

/** The signals of an alert: only what can be counted, so that a rule never sees a zero that nobody counted. */
export const signalsOf = ({ tickets, enterpriseCustomers }: ReportCounts): Record<string, number> => ({
  ...(tickets > 0 ? { ticketsInWindow: tickets } : {}),
  ...(enterpriseCustomers > 0 ? { enterpriseReports: enterpriseCustomers } : {}),
});

/** `3 tickets and 2 enterprise customers`; `no ticket and no enterprise customer` where nothing can be counted. */
export const countsInWords = ({ tickets, enterpriseCustomers }: Omit<ReportCounts, 'reports'>): string =>
  `${countOf(tickets, 'ticket')} and ${countOf(enterpriseCustomers, 'enterprise customer')}`;

const countOf = (count: number, noun: string): string => `${count || 'no'} ${noun}${count > 1 ? 's' : ''}`;
