//! The ports on Google Cloud.
