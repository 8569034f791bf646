import fc from 'fast-check';

/** Whole and half hours, both hemispheres, a change of half an hour, and zones that never change. */
export const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'UTC',
] as const;

export const firstMs = Date.UTC(2020, 0, 1);
export const lastMs = Date.UTC(2040, 0, 1);

/** Any minute of twenty years. */
export const anInstant = fc
  .integer({ min: 0, max: (lastMs - firstMs) / 60_000 })
  .map((minutes) => new Date(firstMs + minutes * 60_000).toISOString());
