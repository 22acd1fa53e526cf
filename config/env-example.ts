import { VARIABLES, type Variable } from './variables';

/** The text of `.env.example`: every variable there is, what it is for, and its usual value. */
export function envExample(): string {
  const blocks = Object.entries(VARIABLES as Record<string, Variable<unknown>>).map(([name, variable]) => {
    const line = variable.example === undefined ? `# ${name}=` : `${name}=${variable.example}`;
    return `# ${variable.about}\n${line}\n`;
  });
  return `# Every variable Redress reads. The local stack (npm start) sets them itself; copy this file for anything else.\n\n${blocks.join('\n')}`;
}
