//! The embedded service with scripted engines and a clock that tests move.

#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "tests, helpers included"
)]

mod abuse;
mod assessment;
mod audio;
mod audits;
mod budget;
mod callbacks;
mod clips;
mod collection_report;
mod collections;
mod comparison;
mod contention;
mod corpus;
mod corrections;
mod deletion;
mod direct;
mod events;
mod fair_shares;
mod form_filenames;
mod highlight_shares;
mod highlights;
mod http2;
mod identity;
mod imports;
mod incomplete;
mod key_terms;
mod leases;
mod ledger;
mod maintenance;
mod mcp;
mod mutations;
mod notes;
mod openapi;
mod pipeline;
mod products;
mod providers;
mod proxy_identity;
mod races;
mod rate_limit;
mod recorded_at;
mod recording_store;
mod redelivery;
mod requests;
mod retention;
mod rubrics;
mod run_engines;
mod runs;
mod search;
mod search_highlights;
mod search_within;
mod shares;
mod speakers;
mod stale_worker;
mod stream;
mod tenant_isolation;
mod terraform_consistency;
mod themes;
mod tokens;
mod unreadable;
mod uploads;
mod usable;
mod user_webhooks;
mod versions;
mod waiting;
mod webhook_fairness;
mod webhook_secret;
mod webhooks;

#[path = "../support/mod.rs"]
mod support;
