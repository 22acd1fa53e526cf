export * from './attempt';
export * from './failure-classes';
export * from './merge-sighting';
export * from './query-back-off';
export * from './two-person-release';
