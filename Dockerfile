FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
# The data folder of the embedded log and ClickHouse, by its default name: the rest belongs to root.
RUN install -d -o node -g node /data && ln -s /data /app/apportion-data
VOLUME /data
USER node
ENTRYPOINT ["node", "services/all-in-one/dist/main.js"]
CMD ["up"]
