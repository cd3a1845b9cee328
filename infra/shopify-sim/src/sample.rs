//! A tiny store for the tests of others: seven orders that hold one of everything.

use std::path::PathBuf;

/// The folder of the sample store, inside this crate's sources: orders with a discount code, with two refunds, with a
/// gift card, of a guest, a test order and a cancelled one. Its clock starts at 2026-03-10T12:00:00Z.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/store")
}
