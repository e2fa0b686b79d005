# One image for web, worker and mini-worker; which of them runs is the command's choice (web unless told otherwise).
# `quartermaster-health web|worker|mini-worker` is the probe of each. It is no HEALTHCHECK here, for which process it
# has to ask about is known only where the container is started.

# Built with everything; also runs the sandbox, which is for development only.
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npx tsc -b apps/web apps/worker apps/mini-worker apps/sandbox

# What production runs: no development packages, no sources, no sandbox.
FROM build AS pruned
# npm keeps TypeScript, as a library's optional peer; nothing loads it.
RUN rm -r apps/cli apps/sandbox packages/testing && npm prune --omit=dev \
    && rm -r apps/*/src packages/*/src \
    && rm -rf node_modules/typescript node_modules/@typescript node_modules/.bin/tsc

FROM node:24-slim
ENV NODE_ENV=production PATH=/app/bin:$PATH
WORKDIR /app
# Owned by root: the processes write no file.
COPY --from=pruned /app .
# By its number: Kubernetes checks runAsNonRoot before it can look names up. It is the image's user `node`.
USER 1000:1000
EXPOSE 5000
CMD ["bin/web"]
