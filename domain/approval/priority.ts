/** How the shop values a customer: by hand alone. It hurries work and loosens no rule of who may decide. */
export const CUSTOMER_TIERS = ['vip', 'normal', 'new'] as const;
export type CustomerTier = (typeof CUSTOMER_TIERS)[number];

/**
 * By how many hours the work for a customer of a tier is moved forward among what others wait for. A head start and not a rank:
 * it stays as it is while everybody's deadline comes nearer, so nobody waits for more than these hours behind those who came
 * later, however many of them there are.
 */
export const HEAD_START_HOURS: Readonly<Record<CustomerTier, number>> = { vip: 8, normal: 0, new: 0 };
