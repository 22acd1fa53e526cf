/** When a process started, as an opaque text that no later process with the same pid shares; `undefined`: it is gone. */
export function startOf(pid: number): string | undefined;
/** The command line of a process, arguments joined by blanks; empty when it is gone or may not be read. */
export function commandLineOf(pid: number): string;
