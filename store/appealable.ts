import { Prisma } from './generated/prisma/client';
import type { Fragment } from './rows';

/** The domain's `isAppealable` for a status and a process as they stand stored: a declined refund whose money is still held. */
export const isAppealableIn = (status: Fragment, process: Fragment): Fragment => Prisma.sql`
  (${status} = 'declined' AND jsonb_exists(${process}, 'appeal') AND NOT jsonb_exists(${process} -> 'appeal', 'madeAt')
    AND NOT jsonb_exists(${process} -> 'appeal', 'lapsed'))`;
