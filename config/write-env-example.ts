import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { envExample } from './env-example';

writeFileSync(path.resolve(__dirname, '..', '.env.example'), envExample());
