//! Reports: their content, and how LibreOffice and Chromium show them.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod chromium;
mod collection;
mod libreoffice;
mod page;
mod render;
mod sections;
mod support;
