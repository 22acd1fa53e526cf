import { Prisma } from './generated/prisma/client';

/** `refundableMinor` of domain/payment as a part of a statement over `payments`: both say the same (test/store/payment-room.test.ts). */
export const REFUNDABLE_MINOR = Prisma.sql`GREATEST(0, LEAST(captured_minor, stated_captured_minor) - refunded_minor
  - GREATEST(refunded_elsewhere_minor, stated_elsewhere_minor) - disputed_minor - reserved_minor)`;
