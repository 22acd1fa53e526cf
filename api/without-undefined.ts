type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Leaves out what was not given, so that optional parameters of a request become optional properties. */
export const withoutUndefined = <T extends object>(value: T): Partial<Defined<T>> =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<Defined<T>>;
