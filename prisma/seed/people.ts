import type { Role } from '../../domain/people';

/** Whose demo keys exist: the shop's system, and one person behind each of the others. */
export const DEMO_KEY_NAMES = [
  'integrator',
  'agent',
  'reviewer',
  'reviewer2',
  'approver',
  'approver2',
  'finance',
  'finance2',
  'auditor',
  'admin',
  'admin2',
] as const;

export type DemoKeyName = (typeof DEMO_KEY_NAMES)[number];

export interface DemoPerson {
  externalId: Exclude<DemoKeyName, 'integrator'>;
  name: string;
  locale: 'zh-CN' | 'en';
  roles: Role[];
}

/** The staff of the demo shop, named after what they do. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { externalId: 'agent', name: 'Demo Agent', locale: 'zh-CN', roles: ['agent'] },
  { externalId: 'reviewer', name: 'Demo Reviewer', locale: 'zh-CN', roles: ['reviewer'] },
  { externalId: 'reviewer2', name: 'Demo Reviewer Two', locale: 'en', roles: ['reviewer', 'second_reviewer'] },
  { externalId: 'approver', name: 'Demo Approver', locale: 'zh-CN', roles: ['second_reviewer', 'approver'] },
  { externalId: 'approver2', name: 'Demo Approver Two', locale: 'en', roles: ['approver'] },
  { externalId: 'finance', name: 'Demo Finance', locale: 'zh-CN', roles: ['finance'] },
  { externalId: 'finance2', name: 'Demo Finance Two', locale: 'en', roles: ['finance'] },
  { externalId: 'auditor', name: 'Demo Auditor', locale: 'en', roles: ['auditor'] },
  { externalId: 'admin', name: 'Demo Admin', locale: 'zh-CN', roles: ['admin'] },
  { externalId: 'admin2', name: 'Demo Admin Two', locale: 'en', roles: ['admin'] },
];
