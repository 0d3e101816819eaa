//! A bad receiver's URL is refused before anything is sent there.

use domain::webhook::MAX_URL_BYTES;
use notify::{
    address::Policy,
    target::{InvalidUrl, check, check_url},
};

fn refusal(text: &str) -> Option<InvalidUrl> {
    check_url(text, Policy::PublicOnly).err()
}

#[test]
fn public_urls_are_accepted() {
    for text in [
        "https://example.com/hooks?tenant=7",
        "http://example.com",
        "https://example.com:8443/",
        "https://93.184.215.14/hook",
        "https://[2606:4700:4700::1111]/hook",
        "https://bücher.example/hook",
    ] {
        assert_eq!(refusal(text), None, "{text}");
    }
}

#[test]
fn non_http_url_is_rejected() {
    for (text, expected) in [
        ("", InvalidUrl::Malformed),
        ("example.com/hook", InvalidUrl::Malformed),
        ("/hook", InvalidUrl::Malformed),
        ("https://", InvalidUrl::Malformed),
        ("https://exa mple.com", InvalidUrl::Malformed),
        ("https://example.com:99999", InvalidUrl::Malformed),
        ("https://1.2.3.4.5/", InvalidUrl::Malformed),
        ("ftp://example.com/", InvalidUrl::Scheme),
        ("file:///etc/passwd", InvalidUrl::Scheme),
        ("gopher://example.com/", InvalidUrl::Scheme),
        ("javascript:alert(1)", InvalidUrl::Scheme),
        ("https://user@example.com/", InvalidUrl::Credentials),
        ("https://user:pass@example.com/", InvalidUrl::Credentials),
        ("https://:pass@example.com/", InvalidUrl::Credentials),
    ] {
        assert_eq!(refusal(text), Some(expected), "{text}");
    }
}

#[test]
fn however_an_address_is_spelled_it_is_seen_through() {
    for text in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/",
        "http://127。0。0。1/",
        "http://0/",
        "http://169.254.169.254/computeMetadata/v1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://localhost/",
        "http://ⓛocalhost/",
        "http:\\\\localhost/",
        "http://metadata/",
        "http://metadata.google.internal/",
        "http://metadata.google.internal./",
        "http://METADATA.GOOGLE.INTERNAL/",
    ] {
        assert_eq!(refusal(text), Some(InvalidUrl::NotPublic), "{text}");
    }
}

#[test]
fn this_machine_is_a_receiver_where_loopback_is_allowed() {
    for (text, accepted) in [
        ("http://localhost:9000/hook", true),
        ("http://127.0.0.1:9000/hook", true),
        ("http://[::1]:9000/hook", true),
        ("http://0.0.0.0:9000/hook", false),
        ("http://169.254.169.254/", false),
        ("http://192.168.1.7/", false),
        ("http://metadata.google.internal/", false),
    ] {
        let checked = check_url(text, Policy::AllowLoopback);
        assert_eq!(checked.is_ok(), accepted, "{text}");
    }
}

#[test]
fn a_url_may_have_2048_bytes_and_no_more() {
    let url = |bytes: usize| format!("{:x<bytes$}", "https://example.com/");
    assert_eq!(refusal(&url(MAX_URL_BYTES)), None);
    assert_eq!(refusal(&url(MAX_URL_BYTES + 1)), Some(InvalidUrl::TooLong));
}

#[test]
fn characters_that_a_parser_removes_are_refused_from_clients() {
    for text in [
        "https://exa\tmple.com/",
        "https://example.com/ho\nok",
        "https://example.com/\r",
        " https://example.com/",
        "https://example.com/a b",
        "https://example.com/\0",
        "https://example.com/\u{7f}",
        "https://example.com/\u{2003}",
    ] {
        let refused = check(text, false).unwrap_err();
        assert_eq!(refused, InvalidUrl::Characters.to_string(), "{text:?}");
    }
    assert_eq!(check("https://bücher.example/a%20b", false), Ok(()));
}

#[test]
fn an_error_does_not_repeat_the_password() {
    let error = refusal("https://user:hunter2@example.com/").expect("a refusal");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
