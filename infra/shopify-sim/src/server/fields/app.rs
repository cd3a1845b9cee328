//! The app that asks: what it was granted, and which versions there are.

use super::{Fields, object, row};
use crate::server::value::{Object, Type, Value};

/// What every token of the simulator may do.
const SCOPES: [&str; 12] = [
    "read_all_orders",
    "read_customers",
    "read_discounts",
    "read_draft_orders",
    "read_inventory",
    "read_locations",
    "read_marketing_events",
    "read_orders",
    "read_products",
    "read_publications",
    "read_reports",
    "read_returns",
];

const VERSIONS: [(&str, bool); 2] = [("2026-10", true), ("unstable", false)];

pub(super) const APP_INSTALLATION: Fields = &[
    ("id", |_, _, _| Some(Value::Gid(Type::AppInstallation, 1))),
    ("app", |_, _, _| object(Type::App, 1)),
    ("accessScopes", |_, _, _| {
        Some(Value::Objects((0..12).map(|at| Object::new(Type::AccessScope, at)).collect()))
    }),
];

pub(super) const APP: Fields = &[
    ("id", |_, _, _| Some(Value::Gid(Type::App, 1))),
    ("handle", |_, _, _| Some(Value::Text("alatar"))),
    ("title", |_, _, _| Some(Value::Text("Alatar"))),
];

pub(super) const ACCESS_SCOPE: Fields = &[
    ("handle", |_, at, _| Some(Value::Text(row(&SCOPES, at)?))),
    ("description", |_, at, _| Some(Value::Text(row(&SCOPES, at)?))),
];

pub(super) const API_VERSION: Fields = &[
    ("handle", |_, at, _| Some(Value::Text(row(&VERSIONS, at)?.0))),
    ("displayName", |_, at, _| Some(Value::Text(row(&VERSIONS, at)?.0))),
    ("supported", |_, at, _| Some(Value::Flag(row(&VERSIONS, at)?.1))),
];
