# One image for every process; the command chooses which (docker-compose.yml).

FROM python:3.11-slim-bookworm AS packages
COPY requirements-image.lock /
RUN python -m venv /opt/purna/venv \
    && /opt/purna/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --require-hashes -r /requirements-image.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/purna/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /opt/purna
COPY --from=packages /opt/purna/venv venv
COPY alembic.ini ./
COPY migrations migrations
COPY services services
COPY shared shared
# The folders that hold something, as volumes, belong to the user of the processes.
RUN python -m compileall -q migrations services shared \
    && install -d -o 10001 -g 10001 -m 700 /keys /lender-keys /ledger

USER 10001:10001
EXPOSE 8001 8002 8003
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "shared.health", "http://127.0.0.1:8001/readyz"]
CMD ["python", "-m", "services.registry"]
