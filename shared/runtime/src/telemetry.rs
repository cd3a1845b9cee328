//! Logs: JSON lines where a collector reads them, compact text for people. Message bodies, prompts and rows are never
//! logged; ids are.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::Telemetry;

const FILTER_COLLECTED: &str = "info";
const FILTER_LOCAL: &str = "warn";

/// Installs the subscriber of this process. A second call changes nothing.
pub fn init(settings: &Telemetry) {
    let default = if settings.json { FILTER_COLLECTED } else { FILTER_LOCAL };
    let filter = EnvFilter::builder().parse_lossy(settings.filter.as_deref().unwrap_or(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A refusal means that a subscriber is there already, as in tests.
    let installed = if settings.json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.compact().with_target(false).try_init()
    };
    if installed.is_ok() {
        tracing::info!(service = settings.service.as_deref().unwrap_or("alatar"), "telemetry is on");
    }
}
