import { defineConfig } from 'prisma/config';

// Generating the client needs no engine binary; naming one stops Prisma from trying to download it.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= '/bin/true';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://invalid' },
});
