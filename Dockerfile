# The service with its model and pages, and `chitieu worker`. Built in three steps, so that the image holds neither sources nor build tools.
FROM node:24-slim AS web
WORKDIR /web
COPY service/web/package.json service/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY service/web ./
COPY docs/guidelines-vi.md /docs/
RUN npm run build

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY scripts/hatch_build.py ./scripts/
COPY service ./service
COPY --from=web /web/dist ./service/web/dist
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin chitieu && install -d -o chitieu -g chitieu -m 700 /data
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(echo /wheels/*.whl)[postgres]" && rm -r /wheels
COPY models ./models
ENV CHITIEU_MODELS=/app/models CHITIEU_DATA=/data CHITIEU_LOG_FORMAT=json PYTHONUNBUFFERED=1
USER chitieu
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4).read()"]
# Bound to all addresses, it wants accounts: CHITIEU_ADMIN_PASSWORD_FILE, or the code on the log, new at each start, with which /login makes the first.
CMD ["chitieu", "serve", "--host", "0.0.0.0"]
