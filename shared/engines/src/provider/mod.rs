//! What all clients of providers share.
//!
//! [`http`] sends requests, [`ProviderError`] says why one was not answered,
//! [`request_profile`] leaves out what a server refuses of one, [`retry_budget`] bounds the
//! waits between attempts, and [`error_body`] reads what compatible servers say of errors.

mod error;
pub(crate) mod error_body;
pub(crate) mod http;
pub(crate) mod request_profile;
pub(crate) mod retry_budget;

#[cfg(test)]
pub(crate) use error::A_WHILE;
pub use error::ProviderError;
