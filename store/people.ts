import { isRole, type Role } from '../domain/people';
import { appendSharedAudit } from './audit';
import type { Database, Db } from './client';
import { newId } from './new-id';

type Mode = 'live' | 'test';

export interface PersonInput {
  externalId: string;
  name: string;
  email: string;
  locale: string;
  roles: Role[];
}

export interface PersonRecord {
  id: string;
  mode: Mode;
  externalId: string;
  name: string;
  email: string;
  locale: string;
  active: boolean;
  customerId: string | null;
  roles: Role[];
}

/** Writes a member of staff with exactly these roles, and gives the id. A change of roles is on record. */
export async function putPerson(db: Database, mode: Mode, input: PersonInput, now: Date): Promise<string> {
  const { roles, externalId, ...fields } = input;
  return db.$transaction(async (tx) => {
    const { id } = await tx.person.upsert({
      where: { mode_externalId: { mode, externalId } },
      create: { id: newId('pn'), mode, externalId, createdAt: now, ...fields },
      update: fields,
      select: { id: true },
    });
    const gone = await tx.personRole.deleteMany({ where: { personId: id, role: { notIn: roles } } });
    const added = await tx.personRole.createMany({
      data: roles.map((role) => ({ mode, personId: id, role, grantedAt: now })),
      skipDuplicates: true,
    });
    if (gone.count + added.count > 0) {
      await appendSharedAudit(tx, 'configuration', mode, now.toISOString(), [
        {
          type: 'person_roles_set',
          actor: { kind: 'machine', id: null },
          data: { personId: id, roles: roles.toSorted() },
        },
      ]);
    }
    return id;
  });
}

/** The member of staff that is called so, or null. */
export async function findPerson(db: Db, mode: Mode, externalId: string): Promise<PersonRecord | null> {
  const row = await db.person.findUnique({
    where: { mode_externalId: { mode, externalId } },
    include: { roles: true },
  });
  if (!row) return null;
  const { createdAt: _, roles, ...fields } = row;
  return { ...fields, roles: roles.map((held) => held.role).filter(isRole) };
}
