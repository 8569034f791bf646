export { followUp } from './follow-up.ts';
export { incident } from './incident.ts';
export { preview } from './preview.ts';
export { remediation } from './remediation.ts';
export { targetLock } from './run/locks.ts';
export { scheduledDrill } from './scheduled-drill.ts';
export { shift } from './shift.ts';
export { stillOn } from './still-on.ts';
