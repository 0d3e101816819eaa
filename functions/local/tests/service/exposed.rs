//! A service that other devices can reach.

use crate::host::{ONE, Service};

#[tokio::test]
async fn service_that_other_devices_reach_says_so() {
    let _one = ONE.lock().await;
    for (address, expected) in [("127.0.0.1", false), ("0.0.0.0", true)] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let service = Service::start_with(folder.path(), &[("HOST", address)]);
        let warned = service.has_warned("service.reachable_by_all");
        assert_eq!(warned, expected, "{address}");
    }
}
