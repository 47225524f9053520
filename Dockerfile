# The images of LoadLab: operator, services, k6 and generators.    docker build --target operator -t loadlab/operator .
# What changes least comes first: a change of the program rebuilds its last layer only.
ARG BASE_IMAGE=python:3.11-slim-bookworm
ARG GO_IMAGE=golang:1.26-bookworm
# The stage (or image) that holds /k6; a machine without a registry names an image of its own here.
ARG K6_BINARY=k6-build

FROM ${BASE_IMAGE} AS operator-packages
COPY requirements/operator.txt /requirements.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r /requirements.txt \
 && /venv/bin/pip uninstall -y -q setuptools pip \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib

FROM ${BASE_IMAGE} AS services-packages
COPY requirements/services.txt /requirements.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r /requirements.txt \
 && /venv/bin/pip uninstall -y -q setuptools pip \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib

FROM ${BASE_IMAGE} AS operator-program
COPY operator/loadlab /app/loadlab
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM ${BASE_IMAGE} AS services-program
COPY services/loadlab_services /app/loadlab_services
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM ${BASE_IMAGE} AS operator
# USER: Kopf asks for the user's name, and a numeric uid has none.
LABEL org.opencontainers.image.title="LoadLab operator" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/app PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    USER=loadlab
COPY --from=operator-packages /venv /venv
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "loadlab"]
COPY --from=operator-program /app /app

FROM ${BASE_IMAGE} AS services
LABEL org.opencontainers.image.title="LoadLab services under test" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/app PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TMPDIR=/dev/shm
COPY --from=services-packages /venv /venv
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8000 9000 8080
CMD ["python", "-m", "loadlab_services.programs.serve"]
COPY --from=services-program /app /app

FROM ${BASE_IMAGE} AS generators-packages
COPY requirements/generators.txt /requirements.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r /requirements.txt \
 && /venv/bin/pip uninstall -y -q setuptools pip \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib

FROM ${BASE_IMAGE} AS generators-program
COPY services/loadlab_services/generators /app/loadlab_services/generators
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM ${BASE_IMAGE} AS generators
# The tools come from Debian, what drives them from a room of the services.
LABEL org.opencontainers.image.title="Load generators of others under LoadLab's contract" org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update -q && apt-get install -y -q --no-install-recommends wrk hey \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/*
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/app PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TMPDIR=/dev/shm
COPY --from=generators-packages /venv /venv
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "loadlab_services.generators"]
COPY --from=generators-program /app /app

FROM ${GO_IMAGE} AS k6-build
WORKDIR /loadgen
COPY loadgen/go.mod loadgen/go.sum ./
# Loads what k6 is made of, no more, and compiles it below our own code: a change of that takes seconds.
RUN CGO_ENABLED=0 go build -trimpath -o /dev/null go.k6.io/k6/v2
COPY loadgen/ ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /k6 .

FROM ${K6_BINARY} AS k6-binary

FROM ${BASE_IMAGE} AS certificates

FROM scratch AS k6
LABEL org.opencontainers.image.title="k6 with LoadLab's histogram output" org.opencontainers.image.licenses="AGPL-3.0-only"
ENV PATH=/usr/bin HOME=/tmp
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=k6-binary /k6 /usr/bin/k6
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["k6"]
COPY loadgen/scripts /scripts
