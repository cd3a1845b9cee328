//! A Shopify that speaks the wire: serves store folders at Shopify's own paths, with Shopify's own names, and
//! writes twin stores whose truth is known. `README.md` is the map.

pub mod folder;
pub mod sample;
pub mod server;
pub mod store;
pub mod twin;
