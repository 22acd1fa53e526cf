/** A target, what was measured, and whether it is met. */
export interface Gate {
  name: string;
  target: string;
  measured: string;
  met: boolean;
}

/** Medians of the interleaved runs at one concurrency. Rates are completions a second. */
export interface Row {
  concurrency: number;
  refunds: number;
  bareRegularPerSecond: number;
  bareLocalPerSecond: number;
  oneStagePerSecond: number;
  threeStagePerSecond: number;
  /** Against the bare workflow with regular activities, run by run. */
  oneStageRatio: number;
  threeStageRatio: number;
  acceptP50Ms: number;
  acceptP99Ms: number;
  decideP50Ms: number;
  decideP99Ms: number;
}

export interface Report {
  cpus: number;
  rows: Row[];
  open: {
    /** Three-stage refunds at the rate that is promised, and at the same share of what this machine can do. */
    steady: OpenLoop[];
    /** Acceptance alone, at the rate that is promised, and at the same share of what this machine can do. */
    flood: AcceptFlood[];
  } | null;
  /** The most that any of the last refunds took, letters included. */
  history: Record<'oneStage' | 'threeStages', { events: number; bytes: number }>;
  rssMb: Record<string, number>;
  /** What is asked of a release, target by target. */
  gates: Gate[];
}

/** Latencies under arrivals at a fixed rate. */
export interface OpenLoop {
  perSecond: number;
  /** What the rate is of the bare regular workflows' rate in the same run, which is what this machine can do. */
  shareOfBare: number;
  decideP50Ms: number;
  decideP99Ms: number;
  acceptP50Ms: number;
  acceptP99Ms: number;
}

/** Latencies of acceptance alone under arrivals at a fixed rate. */
export interface AcceptFlood {
  perSecond: number;
  acceptP50Ms: number;
  acceptP99Ms: number;
}

const figure = (value: number, digits = 1): string => value.toFixed(digits);

/** Prints a report for people. */
export function printReport(report: Report): void {
  const line = (text: string) => process.stdout.write(`${text}\n`);
  line(`\n${report.cpus} CPUs; medians; rates are completions a second\n`);
  line(
    'at once   bare regular   bare local   one stage (ratio)   three stages (ratio)   accept p50/p99   decide p50/p99',
  );
  for (const row of report.rows)
    line(
      [
        String(row.concurrency).padEnd(10),
        figure(row.bareRegularPerSecond).padEnd(15),
        figure(row.bareLocalPerSecond).padEnd(13),
        `${figure(row.oneStagePerSecond)} (${figure(row.oneStageRatio, 2)})`.padEnd(20),
        `${figure(row.threeStagePerSecond)} (${figure(row.threeStageRatio, 2)})`.padEnd(23),
        `${figure(row.acceptP50Ms, 0)} / ${figure(row.acceptP99Ms, 0)} ms`.padEnd(17),
        `${figure(row.decideP50Ms, 0)} / ${figure(row.decideP99Ms, 0)} ms`,
      ].join(''),
    );
  if (report.open) {
    const { open } = report;
    line('\nOpen loop, three stages   of bare   accept p50/p99   decide p50/p99');
    for (const steady of open.steady)
      line(
        [
          `${figure(steady.perSecond)} a second`.padEnd(26),
          figure(steady.shareOfBare, 2).padEnd(10),
          `${figure(steady.acceptP50Ms, 0)} / ${figure(steady.acceptP99Ms, 0)} ms`.padEnd(17),
          `${figure(steady.decideP50Ms, 0)} / ${figure(steady.decideP99Ms, 0)} ms`,
        ].join(''),
      );
    for (const { perSecond, acceptP50Ms, acceptP99Ms } of open.flood)
      line(
        `${figure(perSecond)} requests a second to accept: ${figure(acceptP50Ms, 0)} / ${figure(acceptP99Ms, 0)} ms (p50 / p99)`,
      );
  }
  line(
    `\nHistory: one stage ${report.history.oneStage.events} events, ${report.history.oneStage.bytes} bytes; three stages ${report.history.threeStages.events} events, ${report.history.threeStages.bytes} bytes`,
  );
  line(
    `Memory (RSS, MB): ${Object.entries(report.rssMb)
      .map(([name, mb]) => `${name} ${mb}`)
      .join(', ')}`,
  );
  line('\nGates');
  for (const { name, target, measured, met } of report.gates)
    line(`${met ? 'met   ' : 'MISSED'}  ${name.padEnd(58)}${measured.padStart(13)}   ${target}`);
}
