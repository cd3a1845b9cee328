//! `alatar bench`: sizes, counts and speeds, measured in one run and printed beside their budgets. PostgreSQL's own
//! statistics and the operating system's accounting count; nothing here judges, and no test asserts on time.

mod analyses;
mod customers;
mod generator;
mod pgbench;
mod processes;
mod requests;
mod statistics;
mod tools;

use std::path::PathBuf;
use std::time::Duration;

use cluster::Safety;
use runtime::config::Config;

use crate::error::Error;
use crate::progress::Progress;
use crate::world::{Options, Second, World};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The main job: a load and analyses over it
    Analyses,
    /// Requests of many merchants to the GraphQL API
    Requests,
}

impl Part {
    const ALL: [Self; 2] = [Self::Analyses, Self::Requests];
}

/// One measured value beside its budget.
struct Line {
    what: String,
    measured: String,
    budget: &'static str,
}

fn line(what: impl Into<String>, measured: String, budget: &'static str) -> Line {
    Line { what: what.into(), measured, budget }
}

/// Measures one part, or all, each in a state folder of its own, which goes afterwards. Gives the table to print.
///
/// # Errors
/// Whatever keeps a world from coming up or an analysis from ending well.
pub async fn run(
    config: Config,
    data: Option<PathBuf>,
    program: PathBuf,
    part: Option<Part>,
) -> Result<String, Error> {
    let progress = Progress::on_standard_error();
    let mut lines = Vec::new();
    for part in Part::ALL.into_iter().filter(|one| part.is_none_or(|part| part == *one)) {
        let home = std::env::temp_dir().join(format!("alatar-bench-{}", std::process::id()));
        let config = Config { home: home.clone(), rate_limits: None, ..config.clone() };
        let measured = match part {
            Part::Analyses => analyses::measure(config, data.clone(), program.clone(), &progress).await,
            Part::Requests => requests::measure(config, program.clone(), &progress).await,
        };
        // The folder is ours alone; what cannot be removed is only clutter in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&home);
        lines.extend(measured?);
    }
    progress.end();
    Ok(table(&lines))
}

/// A world to measure in; `data` as in [`Options`].
async fn world(
    config: Config,
    data: Option<PathBuf>,
    program: PathBuf,
    progress: &Progress,
) -> Result<World, Error> {
    let progress = progress.clone();
    let (second, safety) = (Second::Nobody, Safety::Durable);
    World::start(Options { config, data, second, port: 0, program, safety, progress }).await
}

fn table(lines: &[Line]) -> String {
    let wide = lines.iter().map(|line| line.what.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for Line { what, measured, budget } in lines {
        out.push_str(&format!("{what:<wide$}  {measured:>16}  {budget}\n"));
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "rates are printed to the unit")]
fn ratio(rows: i64, time: Duration) -> f64 {
    rows as f64 / time.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "printed to a tenth")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

fn kibibytes(bytes: f64) -> String {
    format!("{:.1} KiB", bytes / 1_024.0)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
