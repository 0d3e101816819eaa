//! Which addresses a webhook may reach.
//!
//! A receiver's URL comes from a client, the request comes from inside our
//! network: without a check it would reach what only we can reach, above all
//! the metadata service, which hands out credentials. Names are refused early,
//! to tell their owner; what counts is the address really connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Only addresses of the public internet.
    PublicOnly,
    /// Those of the public internet and of this machine: for a receiver on a developer's laptop.
    AllowLoopback,
}

impl Policy {
    /// The policy that `WEBHOOK_ALLOW_PRIVATE` sets.
    pub const fn from_allow_private(allow_private: bool) -> Self {
        if allow_private {
            Self::AllowLoopback
        } else {
            Self::PublicOnly
        }
    }

    /// Whether a connection to `address` is allowed.
    pub fn permits(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self == Self::AllowLoopback && address.is_loopback())
    }

    /// Whether a host of this name is worth resolving at all.
    ///
    /// A name without a dot would be looked up in our own network's domain.
    pub fn permits_name(self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let in_zone = |zone: &str| {
            let host = name.strip_suffix(zone);
            host.is_some_and(|host| host.is_empty() || host.ends_with('.'))
        };
        if in_zone("localhost") {
            return self == Self::AllowLoopback;
        }
        name.contains('.') && !PRIVATE_ZONES.into_iter().any(in_zone)
    }
}

/// Zones that exist only inside some network.
const PRIVATE_ZONES: [&str; 7] = [
    "corp",
    "home",
    "home.arpa",
    "internal", // metadata.google.internal
    "lan",
    "local",
    "localdomain",
];

/// Whether `address` belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|block| block.contains(&address)),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// After IANA's registry of special-purpose addresses.
const NOT_PUBLIC_V4: [Ipv4Net; 16] = [
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8), // this network
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8), // private
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10), // carrier-grade NAT
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8), // loopback
    Ipv4Net::new_assert(Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's host, metadata
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16), // link-local, metadata
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12), // private
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 0, 0), 24), // protocol assignments
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 0), 24), // documentation
    Ipv4Net::new_assert(Ipv4Addr::new(192, 88, 99, 0), 24), // 6to4 relays
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16), // private
    Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15), // benchmarks
    Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24), // documentation
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4), // multicast
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4), // reserved, broadcast
];

/// Only `2000::/3` is public at all, and not all of it.
///
/// Outside lie loopback, v4-compatible, NAT64, discard, `SRv6`, unique local,
/// link-local, site-local and multicast addresses. Addresses that embed a v4 address
/// are always rejected: no receiver serves webhooks through them.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocols, Teredo and ORCHID; documentation.
        [0x2001, second, ..] => second >= 0x0200 && second != 0x0db8,
        // Documentation.
        [0x3fff, second, ..] => second >= 0x1000,
        // 6to4.
        [first, ..] => first >> 13 == 0b001 && first != 0x2002,
    }
}
