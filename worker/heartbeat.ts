import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * Lets every activity that has a heartbeat timeout show that its process lives, so that what a killed worker had begun is
 * taken over after that timeout and not only after the time that a slow provider is given to answer.
 */
export const showLife: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const timeoutMs = context.info.heartbeatTimeoutMs;
      if (!timeoutMs) return await next(input);
      const beating = setInterval(() => context.heartbeat(), timeoutMs / 4);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});
