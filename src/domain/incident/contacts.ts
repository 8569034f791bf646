import type { ContactMethod } from '../../schema/organisation.ts';

/** A contact method, counted from 0, and how long to wait for an acknowledgement before it is tried as well. */
export interface NextMethod {
  contact: number;
  afterMs: number;
}

/** What follows the method that was just used; nothing where it names no wait or is the last one. */
export const nextMethod = (contact: readonly ContactMethod[], used: number): NextMethod | undefined => {
  const { wait } = contact[used] ?? {};
  return wait === undefined || used + 1 >= contact.length ? undefined : { contact: used + 1, afterMs: wait };
};
