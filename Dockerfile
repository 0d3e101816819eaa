# syntax=docker/dockerfile:1
# Two images, both built by scripts/dev/image:
# - `cloud`, the last stage: one program for all functions; each service of Cloud Run names its own.
#     docker build -t interviewlens .
#     docker run --rm interviewlens api --settings
# - `embedded`: the whole service in one process (compose.yaml, docs/self-hosting.md).
#     docker build --target embedded -t interviewlens-embedded .
#     docker run --rm -p 127.0.0.1:8000:8000 -v lens-data:/data -v lens-models:/models interviewlens-embedded
FROM node:24-bookworm-slim AS console
WORKDIR /build
COPY console/package.json console/package-lock.json console/
RUN npm --prefix console ci --no-audit --no-fund
COPY docs/clients docs/clients
COPY samples/interview.flac samples/interview.analysis.json samples/interview.words.json samples/
COPY console console
RUN npm --prefix console run build

FROM rust:1.95-bookworm AS chef
RUN apt-get update && apt-get install -y --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
RUN cargo install cargo-chef --locked --version 0.1.78
WORKDIR /build

# What is depended on, without our own code: a change of ours builds nothing of it again.
FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /build/recipe.json recipe.json
RUN cargo chef cook --locked --profile dist --package cloud --recipe-path recipe.json
COPY . .
COPY --from=console /build/console/dist console/dist
RUN cargo build --locked --profile dist --package cloud

FROM chef AS build-embedded
COPY --from=plan /build/recipe.json recipe.json
RUN cargo chef cook --locked --profile dist --package local --recipe-path recipe.json
COPY . .
COPY --from=console /build/console/dist console/dist
RUN cargo build --locked --profile dist --package local
# Volumes take the owner of the folders that they are mounted over.
RUN mkdir -p /folders/data /folders/models

# A small FFmpeg under the LGPL, from Debian's source: demuxers and decoders of recordings,
# nothing that encodes video or opens other protocols.
FROM debian:bookworm-slim AS ffmpeg
COPY scripts/common.sh /build/scripts/
COPY scripts/ops/build-ffmpeg /build/scripts/ops/
RUN /build/scripts/ops/build-ffmpeg /ffmpeg

# glibc, certificates and a user without rights; no shell.
FROM gcr.io/distroless/cc-debian12:nonroot AS embedded
COPY --from=ffmpeg /ffmpeg/bin/ /usr/local/bin/
COPY --from=ffmpeg /ffmpeg/lib/ /usr/lib/x86_64-linux-gnu/
COPY --from=ffmpeg /ffmpeg/share/ /usr/share/
COPY LICENSE /usr/share/licenses/interviewlens/
COPY --from=build-embedded /build/target/dist/interviewlens /usr/local/bin/
COPY --from=build-embedded --chown=65532:65532 /folders/ /
USER nonroot
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data MODEL_DIR=/models
VOLUME ["/data", "/models"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/usr/local/bin/interviewlens", "health"]
ENTRYPOINT ["/usr/local/bin/interviewlens"]
CMD ["serve"]

FROM gcr.io/distroless/cc-debian12:nonroot AS cloud
COPY --from=ffmpeg /ffmpeg/share/ /usr/share/
COPY LICENSE /usr/share/licenses/interviewlens/
COPY --from=ffmpeg /ffmpeg/bin/ /usr/local/bin/
COPY --from=ffmpeg /ffmpeg/lib/ /usr/lib/x86_64-linux-gnu/
COPY --from=build /build/target/dist/interviewlens-cloud /app/
USER nonroot
ENV PORT=8080
EXPOSE 8080
ENTRYPOINT ["/app/interviewlens-cloud"]
CMD ["api"]
