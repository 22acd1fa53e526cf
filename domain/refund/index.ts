export * from './assert-never';
export * from './breakdown';
export * from './plan';
export * from './process';
export * from './status';
export * from './transition';
export * from './message';
export * from './public-view';
