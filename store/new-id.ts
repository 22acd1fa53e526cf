import { uuidv7 } from 'uuidv7';

export type IdPrefix =
  | 'rf'
  | 'cu'
  | 'or'
  | 'ol'
  | 'pm'
  | 'al'
  | 'at'
  | 'cm'
  | 'ms'
  | 'pe'
  | 'di'
  | 'ev'
  | 'wh'
  | 'wd'
  | 'pn'
  | 'ky'
  | 'dc'
  | 'ps'
  | 'pl'
  | 'le'
  | 'dp'
  | 'dl'
  | 'rr'
  | 'rd'
  | 'ds'
  | 'bf'
  | 'po'
  | 'cr';

/** A new id that sorts by time of creation: prefix, underscore, 32 hex digits. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${uuidv7().replaceAll('-', '')}`;
