import { z } from './zod';

/** /decide/{token} */
export const decisionPageParams = z.object({
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .openapi({ description: 'From a letter.' }),
});

export const decisionPageQuery = z.object({
  lang: z.enum(['en', 'zh-CN']).optional().openapi({ description: 'Default: the language of the person.' }),
});

/** The form of the page, as browsers send it. What is missing or wrong is asked for again. */
export const decisionPageForm = z
  .object({ decision: z.string(), reason: z.string(), code: z.string() })
  .partial()
  .openapi('DecisionForm');
