/** What the files of one top-level folder may import; the table of docs/design.md, "Who may import whom". */
export interface FolderRule {
  /** Other top-level folders, through their index. */
  folders: readonly string[];
  /** Folders of which only types may be imported. */
  typesOf?: readonly string[];
  /** Of @temporalio: the packages that may be loaded. */
  temporal: readonly string[];
  /** Of @temporalio: the packages of which only types may be imported. */
  temporalTypes?: readonly string[];
  /** Packages beside @temporalio: any but these, or these alone. */
  packages: { allBut: readonly string[] } | { only: readonly string[] };
  nodeBuiltins: boolean;
}

const DATABASE = ['@prisma/*', 'prisma', 'pg'] as const;

export const FOLDERS: Readonly<Record<string, FolderRule>> = {
  domain: { folders: [], temporal: [], packages: { only: [] }, nodeBuiltins: false },
  contract: {
    folders: [],
    typesOf: ['domain'],
    temporal: ['workflow', 'common'],
    packages: { only: [] },
    nodeBuiltins: false,
  },
  workflows: {
    folders: ['domain', 'contract'],
    typesOf: ['activities'],
    temporal: ['workflow', 'common'],
    packages: { only: [] },
    nodeBuiltins: false,
  },
  activities: {
    folders: ['domain', 'contract', 'store', 'integrations', 'platform'],
    temporal: ['activity', 'common'],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
  integrations: {
    folders: ['domain', 'platform'],
    temporal: [],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
  store: { folders: ['domain'], temporal: [], packages: { allBut: ['express', 'stripe'] }, nodeBuiltins: true },
  api: {
    folders: ['domain', 'contract', 'config', 'store', 'integrations', 'platform'],
    temporal: ['client', 'common'],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
  platform: {
    folders: [],
    temporal: ['common'],
    temporalTypes: ['client'],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
  config: { folders: [], temporal: [], packages: { only: ['zod'] }, nodeBuiltins: true },
  worker: {
    folders: ['domain', 'contract', 'config', 'store', 'integrations', 'activities', 'workflows', 'platform'],
    temporal: ['worker', 'client', 'common', 'activity'],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
  // A stand-in that shared code with what it checks would share its mistakes.
  sandbox: {
    folders: [],
    temporal: [],
    packages: { allBut: [...DATABASE, 'stripe', 'nodemailer', 'standardwebhooks'] },
    nodeBuiltins: true,
  },
  // Migrations have no code; the seed is a tool that goes through store/.
  prisma: {
    folders: ['domain', 'store', 'config', 'platform'],
    temporal: [],
    packages: { allBut: DATABASE },
    nodeBuiltins: true,
  },
};

/** May import anything, inside or out: they start, measure and prove the rest. */
export const UNBOUND = ['devstack', 'bench', 'test'] as const;

/** Packages of domain/, by area: the expression and document library of policies, the calendar's time zones and holidays. */
export const DOMAIN_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  policy: ['zod', '@marcbachmann/cel-js'],
  calendar: ['luxon', 'chinese-days'],
};

/** What workflows import of domain/: the areas that bring no package into the bundle. */
export const WORKFLOW_AREAS = ['approval', 'refund', 'payment', 'money'] as const;

/** Folders with one index per sub-folder: importing `<folder>/<area>` is importing an index. */
export const FOLDERS_WITH_AREAS = ['domain', 'integrations'] as const;

/** Modules other than an index that another top-level folder may import, and why. */
export const INSIDES: readonly { from: string; to: string; why: string }[] = [
  {
    from: 'api',
    to: 'integrations/payments/notifications',
    why: 'the API reads what providers send and must not load the gateways that instruct them',
  },
  {
    from: 'api',
    to: 'integrations/payments/providers',
    why: 'the API tells by declared capabilities what the worker pays by, without a gateway',
  },
];

/** Of these folders, one importer is held to exactly these modules. */
export const ONLY_MODULES: readonly { from: string; folder: string; modules: readonly string[] }[] = [
  {
    from: 'api',
    folder: 'integrations',
    modules: ['integrations/payments/notifications', 'integrations/payments/providers', 'integrations/evidence'],
  },
];

/** Folders that know no provider by its name: they ask what a provider declares, or are told. */
export const WITHOUT_PROVIDER_NAMES = ['domain', 'contract', 'workflows', 'store', 'activities', 'api'] as const;

/** Where a text is what some provider is called, and why. */
export const PROVIDER_NAME_EXCEPTIONS: readonly { file: string; names: readonly string[]; why: string }[] = [
  { file: 'domain/policy/schema.ts', names: ['alipay'], why: 'a method of paying is called so, whoever provides it' },
  { file: 'api/policy-page.ts', names: ['alipay'], why: 'that method in words' },
];

/** Who builds connections and workers. Everything else is given them. */
export const BUILDERS: readonly { files: RegExp; why: string }[] = [
  { files: /^worker\//, why: 'the composition root' },
  { files: /^api\/server\.ts$/, why: 'the composition root of the API' },
  { files: /^api\/refund-client\.ts$/, why: 'the only door to Temporal; api/server.ts opens it' },
  { files: /^store\/client\.ts$/, why: 'the factory that the composition roots call' },
  { files: /^(api\/keys-cli|prisma\/seed\/index)\.ts$/, why: 'a tool with a process of its own' },
];

/** Who reads the environment. */
export const ENVIRONMENT_READERS: readonly { files: RegExp; why: string }[] = [
  { files: /^config\//, why: 'the only reader of the product' },
  { files: /^prisma\.config\.ts$/, why: "read by Prisma's own tools" },
  { files: /^sandbox\/main\.ts$/, why: 'a program apart, which shares nothing with the product' },
];

/** Who writes to the console. */
export const CONSOLE_WRITERS = /^(devstack|bench|test)\//;

/** Folders whose code runs without Node: what they must not touch of it. */
export const WITHOUT_NODE = ['domain', 'contract', 'workflows'] as const;
