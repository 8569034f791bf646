import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptorsFactory } from '@temporalio/worker';

const beatEveryMs = 3_000;

/**
 * Says for every activity with a heartbeat timeout that its worker lives, so that after a crash another one takes over in
 * seconds and not after the activity's whole time. What ends within three seconds says nothing.
 */
export const heartbeats: ActivityInterceptorsFactory = (context: Context) => ({ inbound: beating(context) });

const beating = (context: Context): ActivityInboundCallsInterceptor => ({
  execute: async (input, next) => {
    if (context.info.isLocal || context.info.heartbeatTimeoutMs === undefined) return next(input);
    const beat = setInterval(() => context.heartbeat(), beatEveryMs);
    try {
      return await next(input);
    } finally {
      clearInterval(beat);
    }
  },
});
