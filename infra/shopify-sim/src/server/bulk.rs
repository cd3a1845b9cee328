//! Bulk queries: what Shopify refuses at submission, and the JSON lines that an accepted one leaves.

mod lines;
mod rules;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::document;
use super::operations::{Progress, RUNNING_MAX};
use super::plan::Plan;
use super::problem::Problem;
use super::value::{Served, Type, UserError, World};

/// The longest query, in bytes.
const QUERY_BYTES_MAX: usize = 65_535;

/// Checks a bulk query and enters it as an operation; returns the operation's number.
pub(super) fn submit(world: &World<'_>, query: &str, group: bool) -> Result<i64, Vec<UserError>> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(vec![invalid(format!("Query exceeds the limit of {QUERY_BYTES_MAX} bytes"))]);
    }
    let compiled = document::compile_bulk(query).map_err(|problems| {
        let messages = problems.iter().map(Problem::message).collect::<Vec<_>>().join("; ");
        vec![invalid(format!("Invalid bulk query: {messages}"))]
    })?;
    if compiled.root != Type::QueryRoot {
        return Err(vec![invalid("Bulk queries must be queries, not mutations".to_owned())]);
    }
    let refused = rules::broken(&compiled.plan);
    if !refused.is_empty() {
        return Err(refused.into_iter().map(invalid).collect());
    }
    let served = world.served;
    let id = served.last_operation.fetch_add(1, Ordering::Relaxed) + 1;
    let progress = world.operations.create(id, query, world.now, signature()).map_err(|open| {
        let ids: Vec<String> = open.iter().map(|id| format!("gid://shopify/BulkOperation/{id}")).collect();
        let message = format!(
            "A bulk query operation for this app and shop is already in progress ({RUNNING_MAX} at most): {}.",
            ids.join(", ")
        );
        vec![UserError { code: "OPERATION_IN_PROGRESS", field: "query", message }]
    })?;
    let job = Job { served: Arc::clone(served), id, plan: compiled.plan, group, progress };
    world.jobs.borrow_mut().push(job);
    Ok(id)
}

/// An operation that was accepted: it starts when its submission has been answered.
pub(super) struct Job {
    served: Arc<Served>,
    id: i64,
    plan: Plan,
    group: bool,
    progress: Arc<Progress>,
}

impl Job {
    /// Runs on a thread of its own: writing a large store out is work for the processor, not for the reactor.
    pub(super) fn start(self) {
        let (served, id) = (Arc::clone(&self.served), self.id);
        let started = std::thread::Builder::new().name(format!("bulk-{id}")).spawn(move || self.run());
        if let Err(error) = started {
            tracing::error!(%error, id, "a bulk operation could not be started");
            served.operations.finish(id, served.clock.now(), None);
        }
    }

    fn run(self) {
        let Self { served, id, plan, group, progress } = self;
        served.operations.start(id);
        let file = match lines::spool(&World::new(&served, ""), &plan, group, &progress) {
            Ok(file) => Some(file),
            Err(error) => {
                tracing::error!(%error, id, "a bulk operation failed");
                None
            }
        };
        served.operations.finish(id, served.clock.now(), file);
    }
}

fn invalid(message: String) -> UserError {
    UserError { code: "INVALID", field: "query", message }
}

/// 128 random bits: a download needs no token, so its address must not be guessed.
fn signature() -> String {
    let mut bytes = [0; 16];
    // Without randomness the address is merely easier to guess; the simulator serves made-up stores.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
