//! The promises, kept by the embedded adapters.

use contract::{bus_promises, objects_promises, queue_promises, records_promises, search_promises};

use crate::support::Embedded;

records_promises!([], Embedded::new);
search_promises!([], Embedded::new);
objects_promises!([], Embedded::new);
bus_promises!([], Embedded::new);
queue_promises!([], Embedded::new);
