# One image for web, worker and mini-worker; which of them runs is the command's choice (web unless told otherwise).
# `quartermaster-health web|worker|mini-worker` is the probe of each. It is no HEALTHCHECK here, for which process it
# has to ask about is known only where the container is started.

# What npm reads, and nothing else: as long as it stays the same, a change of sources does not install anew.
FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

# Built with everything; also runs the sandbox, which is for development only.
FROM node:24-slim AS build
WORKDIR /app
COPY --from=manifests /app/package.json /app/package-lock.json ./
COPY --from=manifests /app/apps apps
COPY --from=manifests /app/packages packages
RUN npm ci
COPY . .
RUN npx tsc -b apps/web apps/worker apps/mini-worker apps/sandbox

# What production runs: no development packages, no sources, no sandbox, no command line.
FROM build AS pruned
RUN npm run prune:production

FROM node:24-slim
ENV NODE_ENV=production PATH=/app/bin:$PATH
WORKDIR /app
# Owned by root: the processes write no file.
COPY --from=pruned /app .
# By its number: Kubernetes checks runAsNonRoot before it can look names up. It is the image's user `node`.
USER 1000:1000
EXPOSE 5000
CMD ["bin/web"]
