# Built with everything; also runs the sandbox, which is for development only.
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npx tsc -b apps/web apps/worker apps/mini-worker apps/sandbox

# What production runs: no development packages and no sandbox.
FROM build AS pruned
RUN rm -r apps/sandbox && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=pruned --chown=node:node /app .
USER node
EXPOSE 5000
CMD ["bin/web"]
