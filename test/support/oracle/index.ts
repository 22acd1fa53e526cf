import { evidence } from './evidence';
import type { OracleInput, Violation } from './input';
import { ledgerBooks } from './ledger-books';
import { nobodyUntold } from './nobody-untold';
import { oneMovement } from './one-movement';
import { oneProjection, oneProviderTruth, oneWorkflowTruth } from './one-truth';
import { separatePeople } from './separate-people';
import { unbrokenAudit } from './unbroken-audit';
import { withinCapture } from './within-capture';

export { INVARIANTS, type Invariant, type OracleInput, type Violation } from './input';

/**
 * The seven invariants that hold after every test once nothing is under way, each in a file of its own and named by what
 * it finds. Answers everything that is broken; an empty list is a proof.
 */
export async function findViolations(input: OracleInput): Promise<Violation[]> {
  const { db, ledger, client, letters, quiescent = false, delivered = false, now = new Date() } = input;
  const violations = await db.$transaction(
    async (tx) => [
      ...(await withinCapture(tx, ledger)),
      ...(await ledgerBooks(tx)),
      ...(ledger ? await oneMovement(tx, ledger) : []),
      ...(await evidence(tx, now)),
      ...(await separatePeople(tx)),
      ...(await unbrokenAudit(tx)),
      ...(await nobodyUntold(tx, { letters, now, delivered })),
      ...(await oneProjection(tx)),
      ...(quiescent && ledger ? await oneProviderTruth(tx, ledger) : []),
    ],
    // One moment of the database: letters may still be on their way, and each leaves its own audit event.
    { isolationLevel: 'RepeatableRead', timeout: 120_000 },
  );
  return client ? [...violations, ...(await oneWorkflowTruth(db, client))] : violations;
}
