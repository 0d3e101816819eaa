//! Resolves receivers and rejects forbidden addresses.
//!
//! The client connects to the very addresses that were checked here, so a name that
//! resolves differently a moment later gains nothing. One forbidden address among
//! several rejects the name, because the client may connect to any of them.

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

/// Resolves by the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A host has a forbidden address. The message does not name it: names of our network
/// are not the receiver's business.
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
            // Port 0 means the port of the URL.
            let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}
