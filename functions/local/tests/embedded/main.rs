//! The embedded service with scripted engines and a clock that tests move.

#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "tests, helpers included"
)]

mod audio;
mod audits;
mod budget;
mod callbacks;
mod contention;
mod corpus;
mod deletion;
mod direct;
mod events;
mod fair_shares;
mod form_filenames;
mod http2;
mod identity;
mod imports;
mod incomplete;
mod leases;
mod ledger;
mod maintenance;
mod mutations;
mod notes;
mod openapi;
mod pipeline;
mod products;
mod providers;
mod races;
mod rate_limit;
mod recorded_at;
mod recording_store;
mod redelivery;
mod requests;
mod retention;
mod speakers;
mod stale_worker;
mod stream;
mod tenant_isolation;
mod terraform_consistency;
mod unreadable;
mod uploads;
mod usable;
mod versions;
mod waiting;
mod webhook_fairness;
mod webhook_secret;
mod webhooks;

#[path = "../support/mod.rs"]
mod support;
