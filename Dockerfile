# One image for the API, the worker and the migrations; each is a target of its own.
#   docker build --target api -t redress-api .
# glibc is needed: the Temporal SDK's native core has no build for musl.
FROM node:20-bookworm-slim AS base
ENV TZ=UTC
WORKDIR /app
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npx prisma generate && npm run build

# Production dependencies alone, and of the Temporal core the builds for this system alone.
FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund \
  && case "$(uname -m)" in aarch64) keep=aarch64-unknown-linux-gnu ;; *) keep=x86_64-unknown-linux-gnu ;; esac \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -r {} +

FROM base AS runtime
# Without a bound V8 lets garbage grow to several times of what is used; the C library keeps a pool for each thread.
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=2 \
  HOST=0.0.0.0 \
  WORKFLOW_BUNDLE_PATH=/app/dist/workflow-bundle.js
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist ./dist
# A volume takes its owner from what it is mounted over.
RUN install -d -o node -g node /var/lib/redress
USER node
STOPSIGNAL SIGTERM

FROM runtime AS migrate
CMD ["node", "dist/api/migrate-cli.js"]

FROM runtime AS worker
EXPOSE 7401
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.METRICS_PORT || 7401) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-old-space-size=512", "--max-semi-space-size=8", "dist/worker/main.js"]

FROM runtime AS api
EXPOSE 7400
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 7400) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-old-space-size=384", "--max-semi-space-size=8", "dist/api/server.js"]
