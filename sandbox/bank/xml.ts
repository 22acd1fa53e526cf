import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** A payment order as the stand-in understands it. */
export interface Order {
  readonly messageId: string;
  readonly paymentInformationId: string;
  readonly endToEndId: string;
  /** As written, e.g. `50.00`. */
  readonly amount: string;
  readonly currency: string;
  readonly payee: string;
  readonly account: string;
}

/** A file that a bank would not take in; `code` is ISO 20022's reason. */
export class FileRefused extends Error {
  constructor(
    readonly code: 'FF01' | 'AM10' | 'AM18',
    message: string,
  ) {
    super(message);
  }
}

const MULTIPLE = new Set(['PmtInf', 'CdtTrfTxInf']);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => MULTIPLE.has(name),
});

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true });

type Node = Readonly<Record<string, unknown>>;

/**
 * Reads a pain.001 with the checks a bank makes before it looks at accounts: well-formed, the count and the sum of the
 * header right, every field that matters there.
 * @throws FileRefused
 */
export function readOrders(file: string): Order[] {
  if (XMLValidator.validate(file) !== true) throw new FileRefused('FF01', 'the file is not well-formed XML');
  const root = at(parser.parse(file), 'Document');
  if (at(root)['@xmlns'] !== 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09') {
    throw new FileRefused('FF01', 'the file is not a pain.001.001.09');
  }
  const initiation = at(root, 'CstmrCdtTrfInitn');
  const messageId = textOf(initiation, 'GrpHdr', 'MsgId');
  if (messageId.length > 35) throw new FileRefused('FF01', 'MsgId is longer than 35 characters');
  const orders = list(initiation, 'PmtInf').flatMap((payment) =>
    list(payment, 'CdtTrfTxInf').map((transfer) => ({
      messageId,
      paymentInformationId: textOf(payment, 'PmtInfId'),
      endToEndId: textOf(transfer, 'PmtId', 'EndToEndId'),
      amount: textOf(transfer, 'Amt', 'InstdAmt', '#text'),
      currency: textOf(transfer, 'Amt', 'InstdAmt', '@Ccy'),
      payee: textOf(transfer, 'Cdtr', 'Nm'),
      account: optional(transfer, 'CdtrAcct', 'Id', 'IBAN') ?? textOf(transfer, 'CdtrAcct', 'Id', 'Othr', 'Id'),
    })),
  );
  if (orders.length === 0) throw new FileRefused('FF01', 'the file orders nothing');
  if (String(orders.length) !== textOf(initiation, 'GrpHdr', 'NbOfTxs')) {
    throw new FileRefused('AM18', 'NbOfTxs is not the number of transactions');
  }
  const total = orders.reduce((sum, { amount }) => sum + scaled(amount), 0n);
  if (total !== scaled(textOf(initiation, 'GrpHdr', 'CtrlSum'))) {
    throw new FileRefused('AM10', 'CtrlSum is not the sum of the amounts');
  }
  return orders;
}

/** The document as a file, with the XML declaration. */
export function writeDocument(namespace: string, content: Node): string {
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    Document: { '@xmlns': `urn:iso:std:iso:20022:tech:xsd:${namespace}`, ...content },
  });
}

/** Amounts are compared as whole numbers of a hundred-thousandth: no schema has more decimals. */
function scaled(amount: string): bigint {
  const match = /^(\d{1,18})(?:\.(\d{1,5}))?$/.exec(amount);
  if (match === null) throw new FileRefused('FF01', `"${amount}" is not an amount`);
  return BigInt(`${match[1]}${(match[2] ?? '').padEnd(5, '0')}`);
}

function at(node: unknown, ...path: string[]): Node {
  let current: unknown = node;
  for (const name of path) current = isNode(current) ? current[name] : undefined;
  return isNode(current) ? current : {};
}

function list(node: Node, name: string): Node[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function optional(node: Node, ...path: string[]): string | undefined {
  const value = at(node, ...path.slice(0, -1))[path.at(-1) ?? ''];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textOf(node: Node, ...path: string[]): string {
  const text = optional(node, ...path);
  if (text === undefined) throw new FileRefused('FF01', `${path.join('/')} is missing`);
  return text;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
