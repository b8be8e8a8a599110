# Scouter for Python on five bases, the same tree on each: an interpreter, its libraries, Postgres, the server.
#   docker build --target debian|ubuntu|alpine|distroless|from-scratch [--build-arg FEATURES=kafka] .
# or scripts/image TARGET. It is made where the C library is old (2.36), so it runs wherever it is newer; alpine and
# from-scratch get that C library beside it.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG UBUNTU_IMAGE=ubuntu:24.04
ARG ALPINE_IMAGE=alpine:3.22
ARG DISTROLESS_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${PYTHON_IMAGE} AS build
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates patchelf \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# A layer of its own: libraries change less often than the code. FEATURES are the extras of the package.
ARG FEATURES=kafka,rabbitmq,s3,gcs,azure
COPY requirements.txt pyproject.toml ./
COPY package/features.py package/native_libraries.py ./package/
COPY scripts/image-tree ./scripts/
RUN scripts/image-tree "${FEATURES}"
COPY scouter.py LICENSE NOTICE /opt/scouter/app/
COPY scouter /opt/scouter/app/scouter
COPY sql /opt/scouter/app/sql
# The program goes by the name that the package gives it, and finds the interpreter of the image.
RUN mkdir /opt/scouter/bin \
 && sed -i '1s|.*|#!/opt/scouter/venv/bin/python|' /opt/scouter/app/scouter.py \
 && chmod 755 /opt/scouter/app/scouter.py \
 && ln -s ../app/scouter.py /opt/scouter/bin/scouter-server \
 && /opt/scouter/venv/bin/python -m compileall -q /opt/scouter/app

# `scratch` is a reserved name; the image is tagged so.
FROM scratch AS from-scratch
COPY --from=build /roots/accounts/ /
COPY --from=build /roots/shell/ /
COPY --from=build /roots/glibc/ /
COPY --from=build /opt/scouter /opt/scouter
COPY --from=build --chown=10001:0 /roots/volume/ /var/lib/
# The settings of an image: everything to keep is on the volume, others reach it, nobody has a password that everybody
# knows, and a stop takes nine seconds at most (Docker waits ten).
ENV PATH=/opt/scouter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/opt/scouter/certificates.crt \
    SCOUTER_DATA_DIR=/var/lib/scouter/data \
    SCOUTER_KNOWN_USERS=false \
    SCOUTER_SERVER_HOST=0.0.0.0 \
    SCOUTER_SHUTDOWN_SECONDS=6 \
    SCOUTER_STORAGE_URI=/var/lib/scouter/archive
ARG VERSION=0 REVISION= CREATED= SOURCE=
LABEL org.opencontainers.image.title="Scouter for Python" \
      org.opencontainers.image.description="A self-hosted monitoring server for machine-learning services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:0
WORKDIR /var/lib/scouter
VOLUME /var/lib/scouter
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/scouter/bin/scouter-server", "health"]
ENTRYPOINT ["/opt/scouter/bin/scouter-server"]
CMD ["serve"]

FROM ${DISTROLESS_IMAGE} AS distroless
COPY --from=build /roots/accounts/etc/ /etc/
COPY --from=build /roots/shell/bin/sh /bin/sh
COPY --from=build /opt/scouter /opt/scouter
COPY --from=build --chown=10001:0 /roots/volume/ /var/lib/
# The settings of an image: everything to keep is on the volume, others reach it, nobody has a password that everybody
# knows, and a stop takes nine seconds at most (Docker waits ten).
ENV PATH=/opt/scouter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/opt/scouter/certificates.crt \
    SCOUTER_DATA_DIR=/var/lib/scouter/data \
    SCOUTER_KNOWN_USERS=false \
    SCOUTER_SERVER_HOST=0.0.0.0 \
    SCOUTER_SHUTDOWN_SECONDS=6 \
    SCOUTER_STORAGE_URI=/var/lib/scouter/archive
ARG VERSION=0 REVISION= CREATED= SOURCE=
LABEL org.opencontainers.image.title="Scouter for Python" \
      org.opencontainers.image.description="A self-hosted monitoring server for machine-learning services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:0
WORKDIR /var/lib/scouter
VOLUME /var/lib/scouter
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/scouter/bin/scouter-server", "health"]
ENTRYPOINT ["/opt/scouter/bin/scouter-server"]
CMD ["serve"]

FROM ${ALPINE_IMAGE} AS alpine
RUN echo scouter:x:10001:0:scouter:/var/lib/scouter:/sbin/nologin >> /etc/passwd
# musl lives in /lib/ld-musl-* and does not mind. Directory by directory: a copy onto / would replace a link /lib.
COPY --from=build /roots/glibc/lib/ /lib/
COPY --from=build /roots/glibc/lib64/ /lib64/
COPY --from=build /opt/scouter /opt/scouter
COPY --from=build --chown=10001:0 /roots/volume/ /var/lib/
# The settings of an image: everything to keep is on the volume, others reach it, nobody has a password that everybody
# knows, and a stop takes nine seconds at most (Docker waits ten).
ENV PATH=/opt/scouter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/opt/scouter/certificates.crt \
    SCOUTER_DATA_DIR=/var/lib/scouter/data \
    SCOUTER_KNOWN_USERS=false \
    SCOUTER_SERVER_HOST=0.0.0.0 \
    SCOUTER_SHUTDOWN_SECONDS=6 \
    SCOUTER_STORAGE_URI=/var/lib/scouter/archive
ARG VERSION=0 REVISION= CREATED= SOURCE=
LABEL org.opencontainers.image.title="Scouter for Python" \
      org.opencontainers.image.description="A self-hosted monitoring server for machine-learning services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:0
WORKDIR /var/lib/scouter
VOLUME /var/lib/scouter
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/scouter/bin/scouter-server", "health"]
ENTRYPOINT ["/opt/scouter/bin/scouter-server"]
CMD ["serve"]

FROM ${UBUNTU_IMAGE} AS ubuntu
RUN echo scouter:x:10001:0:scouter:/var/lib/scouter:/sbin/nologin >> /etc/passwd
COPY --from=build /opt/scouter /opt/scouter
COPY --from=build --chown=10001:0 /roots/volume/ /var/lib/
# The settings of an image: everything to keep is on the volume, others reach it, nobody has a password that everybody
# knows, and a stop takes nine seconds at most (Docker waits ten).
ENV PATH=/opt/scouter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/opt/scouter/certificates.crt \
    SCOUTER_DATA_DIR=/var/lib/scouter/data \
    SCOUTER_KNOWN_USERS=false \
    SCOUTER_SERVER_HOST=0.0.0.0 \
    SCOUTER_SHUTDOWN_SECONDS=6 \
    SCOUTER_STORAGE_URI=/var/lib/scouter/archive
ARG VERSION=0 REVISION= CREATED= SOURCE=
LABEL org.opencontainers.image.title="Scouter for Python" \
      org.opencontainers.image.description="A self-hosted monitoring server for machine-learning services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:0
WORKDIR /var/lib/scouter
VOLUME /var/lib/scouter
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/scouter/bin/scouter-server", "health"]
ENTRYPOINT ["/opt/scouter/bin/scouter-server"]
CMD ["serve"]

FROM ${DEBIAN_IMAGE} AS debian
RUN echo scouter:x:10001:0:scouter:/var/lib/scouter:/sbin/nologin >> /etc/passwd
COPY --from=build /opt/scouter /opt/scouter
COPY --from=build --chown=10001:0 /roots/volume/ /var/lib/
# The settings of an image: everything to keep is on the volume, others reach it, nobody has a password that everybody
# knows, and a stop takes nine seconds at most (Docker waits ten).
ENV PATH=/opt/scouter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/opt/scouter/certificates.crt \
    SCOUTER_DATA_DIR=/var/lib/scouter/data \
    SCOUTER_KNOWN_USERS=false \
    SCOUTER_SERVER_HOST=0.0.0.0 \
    SCOUTER_SHUTDOWN_SECONDS=6 \
    SCOUTER_STORAGE_URI=/var/lib/scouter/archive
ARG VERSION=0 REVISION= CREATED= SOURCE=
LABEL org.opencontainers.image.title="Scouter for Python" \
      org.opencontainers.image.description="A self-hosted monitoring server for machine-learning services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:0
WORKDIR /var/lib/scouter
VOLUME /var/lib/scouter
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/scouter/bin/scouter-server", "health"]
ENTRYPOINT ["/opt/scouter/bin/scouter-server"]
CMD ["serve"]
