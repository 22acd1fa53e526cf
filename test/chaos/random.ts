/** Repeatable chance: the same seed says the same things in the same order. */
export interface Chance {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  /** True once in so many times. */
  once(inHowMany: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** A small generator of repeatable numbers (Tommy Ettinger's mulberry32, public domain). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    once: (inHowMany) => whole(1, inHowMany) === 1,
    pick: <T>(items: readonly T[]): T => items[whole(0, items.length - 1)] as T,
  };
}

/** A seed for whoever names none. */
export const newSeed = (): number => Math.floor(Math.random() * 2 ** 31);
