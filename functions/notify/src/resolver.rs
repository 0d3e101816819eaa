//! Looks receivers up, and refuses those that are not allowed.
//!
//! The client connects to the very addresses that were judged here, so a name
//! that answers differently a moment later gains nothing. One forbidden address
//! among several refuses the name: which of them is taken is not ours to choose.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::Policy;

/// Finds the addresses of a host.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of the host `name`.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A host has an address that is not allowed. Which one is not told: names of
/// our own network are no business of the receiver's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host leads to an address that is not on the public internet")]
pub(crate) struct NotPublic;

/// A [`Lookup`] under a [`Policy`], for the HTTP client.
pub(crate) struct GuardedResolver {
    pub(crate) policy: Policy,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, lookup) = (self.policy, Arc::clone(&self.lookup));
        Box::pin(async move {
            let addresses = lookup.addresses(name.as_str()).await?;
            if addresses.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if !addresses.iter().all(|address| policy.permits(*address)) {
                return Err(NotPublic.into());
            }
            // Port 0 stands for that of the URL.
            let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}
