# syntax=docker/dockerfile:1
# One image for all functions: each service of Cloud Run starts another binary of it.
#   docker build -t interviewlens .
#   docker run --rm interviewlens /app/api --settings
FROM node:24-bookworm-slim AS console
WORKDIR /build
COPY console/package.json console/package-lock.json console/
RUN npm --prefix console ci --no-audit --no-fund
COPY docs/clients docs/clients
COPY samples/interview.flac samples/
COPY console console
RUN npm --prefix console run build

FROM rust:1.95-bookworm AS chef
RUN cargo install cargo-chef --locked --version 0.1.78
WORKDIR /build

# What is depended on, without our own code: a change of ours builds nothing of it again.
FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
ENV FUNCTIONS="analyze announce api notify report sweep transcribe waveform"
COPY --from=plan /build/recipe.json recipe.json
RUN set -eu; packages=""; features=""; \
    for name in $FUNCTIONS; do packages="$packages --package $name"; features="$features,$name/google"; done; \
    cargo chef cook --locked --release --bins $packages --features "${features#,}" --recipe-path recipe.json
COPY . .
COPY --from=console /build/console/dist console/dist
RUN set -eu; packages=""; features=""; \
    for name in $FUNCTIONS; do packages="$packages --package $name"; features="$features,$name/google"; done; \
    cargo build --locked --release --bins $packages --features "${features#,}"; \
    mkdir /app; for name in $FUNCTIONS; do cp "target/release/$name" /app/; done; \
    strip /app/*

# glibc, certificates and a user without rights; no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /app /app
USER nonroot
ENV PORT=8080
EXPOSE 8080
CMD ["/app/api"]
