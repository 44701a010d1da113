# The bot in a container, for docker, podman and buildah: docs/operating.md tells of it under "In a container".
ARG BASE=docker.io/library/python:3.13.9-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot ./bot
COPY rules ./rules
RUN python3 -m venv /opt/piletibot && \
    /opt/piletibot/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt \
        ".[postgres,cluster]"

FROM ${BASE}
RUN groupadd --gid 10001 piletibot && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/piletibot --shell /usr/sbin/nologin \
        piletibot && \
    install --directory --mode 0700 --owner 10001 --group 10001 /var/lib/piletibot
COPY --from=build /opt/piletibot /opt/piletibot
# The probe of health below is answered there; figures too, to this container alone.
ENV PATH=/opt/piletibot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PILETIBOT_CONFIG=/etc/piletibot/config.toml \
    PILETIBOT_METRICS__LISTEN=127.0.0.1:9464 \
    STATE_DIRECTORY=/var/lib/piletibot
USER 10001:10001
WORKDIR /var/lib/piletibot
VOLUME /var/lib/piletibot
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=10s --start-period=15m --retries=3 \
    CMD ["python3", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 9464, timeout=8); to.request('GET', '/readyz'); raise SystemExit(to.getresponse().status != 200)"]
ENTRYPOINT ["piletibot"]
CMD ["run"]
