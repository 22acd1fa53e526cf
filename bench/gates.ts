import type { Gate, OpenLoop, Report } from './report';

/** What is asked of throughput against the bare regular workflow where refunds run side by side. */
const ONE_STAGE_RATIO = 0.9;
const THREE_STAGE_RATIO = 0.55;
const ACCEPT_P99_MS = 100;
const DECIDE_P99_MS = 150;
const MAX_EVENTS = 60;
const MAX_BYTES = 25_000;
const MAX_RSS_MB: Record<string, number> = { api: 250, worker: 450 };

/** Every target that a report says something of. A run that measures less has fewer. */
export function gatesOf(report: Omit<Report, 'gates'>): Gate[] {
  const { rows, open, history, rssMb } = report;
  return [
    ...rows
      // One at a time is a latency, not a throughput.
      .filter(({ concurrency }) => concurrency > 1)
      .flatMap(({ concurrency, oneStageRatio, threeStageRatio }) => [
        atLeast(`one stage against bare, ${concurrency} at once`, oneStageRatio, ONE_STAGE_RATIO),
        atLeast(`three stages against bare, ${concurrency} at once`, threeStageRatio, THREE_STAGE_RATIO),
      ]),
    ...(open?.steady.flatMap(openLoopGates) ?? []),
    ...(open?.flood.map(({ perSecond, acceptP99Ms }) =>
      atMost(`accept p99 at ${perSecond.toFixed(1)} requests a second`, acceptP99Ms, ACCEPT_P99_MS, 'ms'),
    ) ?? []),
    atMost('history of three stages', history.threeStages.events, MAX_EVENTS, 'events'),
    atMost('history of three stages', history.threeStages.bytes, MAX_BYTES, 'bytes'),
    ...Object.entries(MAX_RSS_MB).flatMap(([name, limit]) => {
      const used = rssMb[name];
      return used === undefined ? [] : [atMost(`memory of ${name}`, used, limit, 'MB')];
    }),
  ];
}

function openLoopGates({ perSecond, shareOfBare, decideP99Ms, acceptP99Ms }: OpenLoop): Gate[] {
  const at = `at ${perSecond.toFixed(1)} refunds a second (${shareOfBare.toFixed(2)} of bare)`;
  return [
    atMost(`decide p99 ${at}`, decideP99Ms, DECIDE_P99_MS, 'ms'),
    atMost(`accept p99 ${at}`, acceptP99Ms, ACCEPT_P99_MS, 'ms'),
  ];
}

const atLeast = (name: string, ratio: number, limit: number): Gate => ({
  name,
  target: `≥ ${limit} ×`,
  measured: `${ratio.toFixed(2)} ×`,
  met: ratio >= limit,
});

const atMost = (name: string, value: number, limit: number, unit: string): Gate => ({
  name,
  target: `≤ ${limit} ${unit}`,
  measured: `${value.toFixed(0)} ${unit}`,
  met: value <= limit,
});
