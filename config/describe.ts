const SECRET_FIELDS = new Set([
  'secretKey',
  'dataKeys',
  'token',
  'privateKey',
  'apiV3Keys',
  'webhookSecrets',
  'clientSecret',
  'secretAccessKey',
  'refreshToken',
  'apiKey',
  'exchangeToken',
  'debtorAccount',
]);

/** A configuration as one may print it: secrets and passwords in addresses are replaced by stars. */
export function describeConfig(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, printable(name, value)]));
}

function printable(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (SECRET_FIELDS.has(name)) return '***';
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map((part) => printable(name, part));
  if (typeof value === 'object') return describeConfig(value);
  return value;
}

/** Users, passwords and queries of addresses may hold secrets: scheme, host and path are enough to recognise one. */
function withoutPassword(value: string): string {
  if (!/^[a-z]+:\/\//i.test(value)) return value;
  if (!URL.canParse(value)) return '***';
  const url = new URL(value);
  const user = url.username || url.password ? '***@' : '';
  return `${url.protocol}//${user}${url.host}${url.pathname === '/' ? '' : url.pathname}${url.search ? '?***' : ''}`;
}
