//! Floor 2: the only Shopify wire. [`reader::Reader`] asks the Admin GraphQL API, [`bulk`] turns the JSON lines of a
//! finished bulk operation into typed facts. Every document that is sent lies in `queries/` and is checked against
//! Shopify's own schema, of which `schema/` holds the part we use.

pub mod bulk;
mod documents;
pub mod error;
pub mod reader;
pub mod shop_domain;
mod throttle;
mod wire;
