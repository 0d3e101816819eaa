//! How many connections are open, and for how long.
//!
//! A process has a number of file handles. Connections leave some of them for files, and one
//! address leaves some of the connections for others.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many handles are left for files and for connections to others.
const RESERVED_HANDLES: usize = 64;

/// How connections are limited.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// How long a connection is kept, from the end of one request to the end of the next
    /// one's headers.
    pub(crate) keep_alive: Duration,
    total: usize,
    per_address: usize,
}

impl ConnectionLimits {
    /// Behind Google's load balancers, which keep an unused connection for 600 seconds and
    /// say that servers have to wait longer: who closes it first may lose a request that is
    /// on its way
    /// (<https://cloud.google.com/load-balancing/docs/https#timeouts_and_retries>). All
    /// connections are theirs.
    pub const BEHIND_PROXY: Self = Self {
        keep_alive: Duration::from_secs(620),
        total: usize::MAX,
        per_address: usize::MAX,
    };

    /// Where clients connect directly. Raises the number of file handles to the most that
    /// the system allows; one address has at most three quarters of the connections.
    pub fn direct() -> Self {
        let total = file_handles().saturating_sub(RESERVED_HANDLES).max(16);
        Self {
            keep_alive: Duration::from_secs(75),
            total,
            per_address: total - total / 4,
        }
    }
}

/// How many file handles this process may have, after raising that number.
fn file_handles() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let handles = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    handles.map_or(usize::MAX, |handles| {
        usize::try_from(handles).unwrap_or(usize::MAX)
    })
}

/// The open connections.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    limits: ConnectionLimits,
    open: Arc<Mutex<OpenConnections>>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            open: Arc::default(),
        }
    }

    /// Counts a connection until what it answers is dropped; nothing where there is no room.
    pub(crate) fn open(&self, address: IpAddr) -> Option<OpenConnection> {
        let mut open = self.open.lock();
        let own = open.by_address.get(&address).copied().unwrap_or(0);
        if open.total >= self.limits.total || own >= self.limits.per_address {
            return None;
        }
        open.total += 1;
        open.by_address.insert(address, own + 1);
        Some(OpenConnection {
            connections: self.clone(),
            address,
        })
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    connections: Connections,
    address: IpAddr,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock();
        open.total -= 1;
        if let Some(own) = open.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_room_for_others() {
        let connections = Connections::new(ConnectionLimits {
            keep_alive: Duration::ZERO,
            total: 4,
            per_address: 3,
        });
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut open: Vec<_> = (0..9).filter_map(|_| connections.open(one)).collect();
        assert_eq!(open.len(), 3);
        open.extend(connections.open(other));
        assert!(connections.open(other).is_none(), "there is no handle left");
        open.remove(0);
        assert!(connections.open(other).is_some());
        drop(open);
        assert_eq!(connections.open.lock().by_address, HashMap::new());
    }
}
