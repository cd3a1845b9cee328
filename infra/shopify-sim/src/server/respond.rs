//! One GraphQL request, answered: data, errors, cost and search warnings.

use serde_json::{Value as Json, json};

use super::bulk::Job;
use super::document::{self, Request};
use super::problem::Problem;
use super::value::{Object, World};
use super::write;

/// Points in the bucket, and how many come back in a second: what was recorded of a standard plan.
const BUCKET: u64 = 2_000;
const RESTORE_RATE: u64 = 100;

/// The body of the answer. Refused documents are answered without data, as Shopify does, under HTTP 200.
pub(super) fn respond(world: &World<'_>, body: &[u8]) -> Vec<u8> {
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return refused(&[Problem::new(format!("the body is not a GraphQL request: {error}"))]),
    };
    let compiled = match document::compile(&request) {
        Ok(compiled) => compiled,
        Err(problems) => return refused(&problems),
    };
    let mut out = Vec::with_capacity(4_096);
    out.extend_from_slice(b"{\"data\":");
    let actual = write::object(&mut out, world, Object::new(compiled.root, 0), &compiled.plan);
    let problems = world.problems.borrow();
    if !problems.is_empty() {
        out.extend_from_slice(b",\"errors\":");
        drop(serde_json::to_writer(&mut out, &*problems));
    }
    out.extend_from_slice(b",\"extensions\":");
    let extensions = extensions(compiled.plan.cost, actual, &world.searches.borrow());
    drop(serde_json::to_writer(&mut out, &extensions));
    out.push(b'}');
    world.jobs.take().into_iter().for_each(Job::start);
    out
}

fn extensions(requested: u64, actual: u64, searches: &[Json]) -> Json {
    let mut extensions = json!({ "cost": {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": BUCKET,
            "currentlyAvailable": BUCKET.saturating_sub(actual),
            "restoreRate": RESTORE_RATE,
        },
    }});
    if let (Some(map), false) = (extensions.as_object_mut(), searches.is_empty()) {
        map.insert("search".to_owned(), searches.into());
    }
    extensions
}

fn refused(problems: &[Problem]) -> Vec<u8> {
    json!({ "errors": problems }).to_string().into_bytes()
}
