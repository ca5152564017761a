# The service with its model and page. Built in two steps, so that the image holds neither sources nor build tools.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY service ./service
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
WORKDIR /app
RUN useradd --system --home-dir /app --shell /usr/sbin/nologin chitieu
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl && rm -r /wheels
COPY models ./models
ENV CHITIEU_MODELS=/app/models PYTHONUNBUFFERED=1
USER chitieu
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4).read()"]
CMD ["chitieu", "serve", "--host", "0.0.0.0"]
