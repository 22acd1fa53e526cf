import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROBLEMS, type ProblemCode } from '../../api/problem-catalogue';
import { problemsHtml } from '../../api/docs-pages';
import { SCHEDULE_IDS, SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../contract';
import { PUBLIC_EVENTS } from '../../domain/process';
import { ROLES } from '../../domain/people';
import { REFUND_STATUSES } from '../../domain/refund';
import { createMetrics } from '../../platform';

const ROOT = path.resolve(__dirname, '..', '..');
const text = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const packageJson = JSON.parse(text('package.json')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

/** Every Markdown file that is, or is about to be, part of the repository. */
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(ROOT, file)));

const withoutCode = (markdown: string): string => markdown.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchor that a heading gets on common hosts. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const anchorsOf = (file: string): string[] =>
  [...text(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(text(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

/** The first cells of a table's rows that stand in backticks. */
const codesInFirstCells = (markdown: string): string[] =>
  [...markdown.matchAll(/^\| (`[^|]*?)\|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ''),
  );

const section = (page: string, heading: string): string => {
  const [, rest] = text(page).split(`\n## ${heading}\n`);
  if (rest === undefined) throw new Error(`${page} has no section "${heading}"`);
  return rest.split('\n## ')[0] ?? '';
};

describe('Documents', () => {
  it('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/design.md']));
  });

  it.each(pages)('%s links to what exists', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(pages)('%s names npm scripts that exist', (page) => {
    const named = [...text(page).matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g)].map(
      ([, run, known]) => run ?? known,
    );
    expect(named.filter((name) => name !== undefined && !(name in packageJson.scripts))).toEqual([]);
  });

  it('lists every decision', () => {
    const decisions = readdirSync(path.join(ROOT, 'docs/adr')).filter((file) => /^\d{4}-/.test(file));
    const listed = [...text('docs/adr/README.md').matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(([, file]) => file);
    expect(listed).toEqual(decisions);
    for (const file of decisions)
      expect(text(`docs/adr/${file}`)).toMatch(
        /^# \d{4}\. [^]*^Status: [^]*^## Context$[^]*^## Decision$[^]*^## Consequences$/m,
      );
  });

  it('give a reason for every library that ships', () => {
    const reasons = text('docs/adr/0008-libraries.md');
    const names = Object.keys(packageJson.dependencies).filter((name) => !name.startsWith('@temporalio/'));
    expect(names.filter((name) => !new RegExp(`(^\\| |, )${name}( |,)`, 'm').test(reasons))).toEqual([]);
  });
});

describe('README.md', () => {
  it('shows the two commands before anything else', () => {
    const [, first] = /```\n([^]*?)```/.exec(text('README.md')) ?? [];
    expect(first).toMatch(/^npm start .*\nnpm test .*\n$/);
  });

  it('shows folders that exist', () => {
    const [, tree = ''] = /```\n(contract\/[^]*?)```/.exec(text('README.md')) ?? [];
    const folders = [...tree.matchAll(/(?:^|\s)([a-z]+)\/(?=\s|$)/gm)].map(([, folder]) => folder ?? '');
    expect(folders.length).toBeGreaterThan(10);
    expect(folders.filter((folder) => !existsSync(path.join(ROOT, folder)))).toEqual([]);
  });
});

describe('docs/integrating.md', () => {
  const guide = text('docs/integrating.md');

  it('points to the page of all problems, and that page has every one', () => {
    expect(guide).toContain('/docs/problems');
    const page = problemsHtml();
    expect(Object.keys(PROBLEMS).filter((code) => !page.includes(code))).toEqual([]);
  });

  it('names problems that exist, under their status', () => {
    const rows = [...section('docs/integrating.md', 'Errors').matchAll(/^\| (`[^|]+)\| (\d{3})/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, codes = '', status] of rows) {
      for (const [, code = ''] of codes.matchAll(/`([^`]+)`/g))
        expect([code, PROBLEMS[code as ProblemCode]?.status]).toEqual([code, Number(status)]);
    }
  });

  it('names every event and no other', () => {
    const named = new Set([...guide.matchAll(/`(refund\.[a-z_]+)`/g)].map(([, event]) => event));
    // These are Stripe's.
    for (const event of ['refund.created', 'refund.updated', 'refund.failed']) named.delete(event);
    expect(named).toEqual(new Set(PUBLIC_EVENTS));
  });

  it('explains every status that there is', () => {
    expect(
      REFUND_STATUSES.filter((status) => !section('docs/integrating.md', 'Refunds').includes(`\`${status}\``)),
    ).toEqual([]);
  });
});

describe('docs/design.md', () => {
  const design = text('docs/design.md');

  it('explains every status, role and task queue', () => {
    const names = [...REFUND_STATUSES, ...ROLES, ...TASK_QUEUES];
    expect(names.filter((name) => !design.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('docs/operating.md', () => {
  it('lists every search attribute and schedule', () => {
    const names = [...Object.keys(SEARCH_ATTRIBUTES), ...Object.values(SCHEDULE_IDS)];
    expect(names.filter((name) => !text('docs/operating.md').includes(`\`${name}\``))).toEqual([]);
  });

  it('lists every metric of ours and no other', async () => {
    const { registry } = createMetrics({ process: 'test', runtime: false });
    const known = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(codesInFirstCells(section('docs/operating.md', 'Metrics')).toSorted()).toEqual(known.toSorted());
  });
});
