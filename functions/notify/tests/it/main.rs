//! Webhooks, from the address of a receiver to the delivery.

mod address;
mod bench;
mod client;
mod fairness;
mod owner;
mod receiver;
mod receivers;
mod redirect;
mod resolver;
mod schedule;
mod sign;
mod target;
