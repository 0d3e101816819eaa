# Short names for the scripts: `just` lists them. docs/scripts.md says what each does.

# List the recipes
default:
    @just --list

# Run a recording through the whole pipeline
demo *FILE:
    scripts/demo {{ FILE }}

# Serve the embedded service at http://127.0.0.1:8000
serve:
    cargo run -p local -- serve

# Run all checks and tests
test *ARGUMENTS:
    scripts/test {{ ARGUMENTS }}

# Run format, lints, documentation, boundaries, words, scripts and Terraform
check:
    scripts/check

# Test one crate, or one test of it
crate NAME *FILTER:
    cargo test -p {{ NAME }} --all-features {{ FILTER }}

# Build the console
console:
    scripts/console

# Write everything that is generated from code: API description, its types, settings
generate:
    UPDATE_OPENAPI=1 cargo test -p api --lib --all-features committed_document
    scripts/console schema
    UPDATE_SETTINGS=1 cargo test -p config

# Format Rust and Terraform
format:
    cargo fmt --all
    terraform fmt -recursive terraform

# Simulate the system with faults
simulate *ARGUMENTS:
    scripts/dev/simulate {{ ARGUMENTS }}

# Print each step of a deployment without taking it
deploy-dry-run VARIABLES="terraform/environments/example.tfvars":
    scripts/ops/deploy --dry-run {{ VARIABLES }}
