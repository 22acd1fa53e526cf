import { deskDueAt, deskRuleOf, type DeskItemToOpen, type DeskKind } from '../domain/process';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { asJson, type Fragment } from './rows';

interface DeskOwner {
  id: string;
  mode: 'live' | 'test';
}

/** Opens desk items, each key once: a part of a larger statement. */
export function insertDeskItems(refund: DeskOwner, open: DeskItemToOpen[], atIso: string): Fragment {
  const rows = open.map((item) => ({
    id: newId('di'),
    kind: item.kind,
    key: `${refund.id}:${item.key}`,
    dueAt: item.dueAt ?? deskDueAt(item.kind, atIso),
    ownerRole: deskRuleOf(item.kind).ownerRole,
    data: item.data,
  }));
  return Prisma.sql`
    INSERT INTO desk_items (id, mode, refund_id, kind, dedup_key, due_at, owner_role, data, created_at)
    SELECT x.id, ${refund.mode}::"Mode", ${refund.id}, x.kind, x.key, x."dueAt", x."ownerRole", x.data, ${atIso}::timestamptz
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(id text, kind text, key text, "dueAt" timestamptz, "ownerRole" text, data jsonb)
    ON CONFLICT (dedup_key) DO NOTHING`;
}

/** Settles the kinds that a transition has overtaken: a part of a larger statement. */
export const resolveDeskItems = (refund: DeskOwner, kinds: DeskKind[], atIso: string): Fragment => Prisma.sql`
  UPDATE desk_items SET status = 'resolved', resolved_at = ${atIso}::timestamptz, resolution = 'overtaken'
  WHERE refund_id = ${refund.id} AND kind = ANY(${kinds}) AND status = 'open'`;
