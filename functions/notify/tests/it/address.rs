//! Webhooks reach the public internet and nothing else.

use std::net::IpAddr;

use notify::address::{Policy, is_public};

const PUBLIC: [&str; 20] = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "3fff:1000::1",
];

const NOT_PUBLIC: [(&str, &str); 58] = [
    ("0.0.0.0", "this host"),
    ("0.255.255.255", "this network"),
    ("10.0.0.0", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.0", "carrier-grade NAT"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("100.100.100.200", "Alibaba's metadata"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.255", "loopback"),
    ("168.63.129.16", "Azure's metadata"),
    ("169.254.0.0", "link-local"),
    ("169.254.169.254", "metadata"),
    ("169.254.170.2", "metadata of containers"),
    ("172.16.0.0", "private"),
    ("172.17.0.1", "private, containers"),
    ("172.31.255.255", "private"),
    ("192.0.0.1", "protocol assignments"),
    ("192.0.0.192", "Oracle's metadata"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relays"),
    ("192.168.0.1", "private"),
    ("192.168.255.255", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.19.255.255", "benchmarks"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.7", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "v4-compatible loopback"),
    ("::8.8.8.8", "v4-compatible"),
    ("::ffff:127.0.0.1", "v4-mapped loopback"),
    ("::ffff:169.254.169.254", "v4-mapped metadata"),
    ("::ffff:10.0.0.1", "v4-mapped private"),
    ("::ffff:0:127.0.0.1", "v4-translated"),
    ("64:ff9b::7f00:1", "NAT64"),
    ("64:ff9b::808:808", "NAT64 of a public address"),
    ("64:ff9b:1::a00:1", "local NAT64"),
    ("100::1", "discard"),
    ("100:0:0:1::1", "dummy prefix"),
    ("2001::1", "Teredo"),
    ("2001:0:7f00:1::", "Teredo"),
    ("2001:2::1", "benchmarks"),
    ("2001:10::1", "ORCHID"),
    ("2001:20::1", "ORCHID 2"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::", "6to4 of loopback"),
    ("2002:a9fe:a9fe::1", "6to4 of metadata"),
    ("3fff::1", "documentation"),
    ("5f00::1", "SRv6"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "Amazon's metadata"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
];

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn the_public_internet_is_reached_under_either_policy() {
    for text in PUBLIC {
        assert!(is_public(address(text)), "{text}");
        assert!(Policy::PublicOnly.permits(address(text)), "{text}");
        assert!(Policy::AllowLoopback.permits(address(text)), "{text}");
    }
}

#[test]
fn nothing_else_is_reached() {
    for (text, why) in NOT_PUBLIC {
        assert!(!is_public(address(text)), "{text}: {why}");
        assert!(!Policy::PublicOnly.permits(address(text)), "{text}: {why}");
    }
}

#[test]
fn a_permitted_loopback_opens_nothing_but_loopback() {
    let loopback = ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"];
    for (text, why) in NOT_PUBLIC {
        let permitted = Policy::AllowLoopback.permits(address(text));
        assert_eq!(permitted, loopback.contains(&text), "{text}: {why}");
    }
}

#[test]
fn public_names_are_resolved() {
    for name in [
        "example.com",
        "example.com.",
        "hooks.EXAMPLE.co.uk",
        "xn--bcher-kva.example",
        "internal.example.com",
        "local.example.com",
        "localhost.example.com",
        "notlocalhost.com",
        "my-internal.dev",
    ] {
        assert!(Policy::PublicOnly.permits_name(name), "{name}");
        assert!(Policy::AllowLoopback.permits_name(name), "{name}");
    }
}

#[test]
fn names_of_private_networks_are_not_even_resolved() {
    for name in [
        "metadata",
        "metadata.google.internal",
        "METADATA.google.Internal.",
        "instance-data.ec2.internal",
        "kubernetes",
        "kubernetes.default.svc.cluster.local",
        "router.lan",
        "nas.home.arpa",
        "printer.local",
        "db.corp",
        "host.docker.internal",
        "localhost.localdomain",
        "",
        ".",
    ] {
        assert!(!Policy::PublicOnly.permits_name(name), "{name}");
        assert!(!Policy::AllowLoopback.permits_name(name), "{name}");
    }
}

#[test]
fn localhost_resolves_only_where_loopback_is_allowed() {
    for name in ["localhost", "LOCALHOST", "localhost.", "hook.localhost"] {
        assert!(!Policy::PublicOnly.permits_name(name), "{name}");
        assert!(Policy::AllowLoopback.permits_name(name), "{name}");
    }
}
