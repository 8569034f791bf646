import { createHash } from 'node:crypto';

/** In hexadecimal: 64 characters. */
export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
