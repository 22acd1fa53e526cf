/** Who may do what; semantics of each role are in docs/design.md. `customer` belongs to scoped tokens alone. */
export const ROLES = [
  'integrator',
  'agent',
  'reviewer',
  'second_reviewer',
  'approver',
  'finance',
  'auditor',
  'admin',
  'customer',
] as const;

export type Role = (typeof ROLES)[number];

/** Roles of people who work here: names, words and risks are for them alone. */
export const STAFF_ROLES = [
  'agent',
  'reviewer',
  'second_reviewer',
  'approver',
  'finance',
  'auditor',
  'admin',
] as const satisfies readonly Role[];

export const isRole = (value: string): value is Role => (ROLES as readonly string[]).includes(value);
