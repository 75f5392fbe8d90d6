# Two images of the service: `cpu`, which is the default, and `gpu` (docker build --target gpu).
# The base is pinned by its tag; docs/operating.md says how to pin it by digest.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm


# Has a name, so that what is put on top of it can be weighed whatever it is (tests/image).
FROM ${PYTHON_IMAGE} AS base


# pip lives in this stage alone. A registry of your own comes in as a secret, which leaves no trace in a layer:
# docker build --secret id=pip.conf,src=$HOME/.config/pip/pip.conf .
FROM base AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/zhuyi


FROM packages AS cpu-packages
COPY requirements/cpu.lock /tmp/
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python -m pip --python /opt/zhuyi/bin/python install --quiet --require-hashes --only-binary :all: \
    --requirement /tmp/cpu.lock


FROM packages AS gpu-packages
COPY requirements/gpu.lock /tmp/
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python -m pip --python /opt/zhuyi/bin/python install --quiet --require-hashes --only-binary :all: \
    --requirement /tmp/gpu.lock


# Whatever the modes in the checkout are, any user may read; the root file system may be read-only, so the
# byte code is made here.
FROM packages AS files
COPY LICENSE /srv/zhuyi/
COPY service /srv/zhuyi/service
COPY model_store /srv/zhuyi/model_store
RUN python -m compileall -q --invalidation-mode unchecked-hash /srv/zhuyi/service \
    && chmod -R a+rX,go-w /srv/zhuyi


FROM base AS runtime
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/*
ENV PATH=/opt/zhuyi/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    ZHUYI_HOST=0.0.0.0 \
    ZHUYI_PORT=8000
LABEL org.opencontainers.image.title="Zhuyi" \
      org.opencontainers.image.description="A translation microservice that shows its attention" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-4.0"
WORKDIR /srv/zhuyi
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['ZHUYI_PORT']), timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]


FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility ZHUYI_DEVICE=cuda
COPY --from=gpu-packages /opt/zhuyi /opt/zhuyi
COPY --from=files /srv/zhuyi /srv/zhuyi


FROM runtime AS cpu
COPY --from=cpu-packages /opt/zhuyi /opt/zhuyi
COPY --from=files /srv/zhuyi /srv/zhuyi
