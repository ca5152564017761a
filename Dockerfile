# syntax=docker/dockerfile:1
# Not built by an engine where this project is tested; a test replays its RUN steps in a fresh folder.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY service ./service
RUN python -m venv /opt/chitieu && /opt/chitieu/bin/pip install --no-cache-dir .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 chitieu
COPY --from=build /opt/chitieu /opt/chitieu
COPY models /opt/models
ENV PATH=/opt/chitieu/bin:$PATH CHITIEU_MODELS=/opt/models PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER chitieu
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["chitieu", "serve", "--host", "0.0.0.0", "--port", "8000"]
