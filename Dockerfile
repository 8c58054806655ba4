# SPDX-License-Identifier: Apache-2.0
# One image for every role: docker build -t ecs .
FROM debian:bookworm-slim AS build
WORKDIR /ecs
COPY tools/setup.sh tools/packages.txt tools/
RUN tools/setup.sh build
COPY . .
# Seconds since 1970, for a package and an SBOM that come out the same again.
ARG SOURCE_DATE_EPOCH
RUN make deb

FROM debian:bookworm-slim
ARG SOURCE_DATE_EPOCH
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecs" \
      org.opencontainers.image.description="Decides credit in real time from what people spend and how they feel" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="debian:bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /ecs/build-release/ecs_*.deb /ecs/tools/sbom.sh /tmp/
# The package names the libraries that it needs; its own account needs no name, only a number.
RUN apt-get update \
    && apt-get install -y --no-install-recommends /tmp/ecs_*.deb \
    && mkdir -p /usr/share/doc/ecs \
    && /tmp/sbom.sh >/usr/share/doc/ecs/sbom.spdx.json \
    && install -d -m 0700 -o 65532 -g 65532 /var/lib/ecs \
    && rm -rf /tmp/* /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*
# The root file system may be read-only: only embedded engines write, and only to DATA_DIR.
ENV LISTEN=0.0.0.0:9999 DATA_DIR=/var/lib/ecs
USER 65532:65532
EXPOSE 9999
HEALTHCHECK --interval=5s --timeout=6s --start-period=60s CMD ["ecs", "health"]
ENTRYPOINT ["ecs"]
CMD ["serve"]
