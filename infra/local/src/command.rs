//! What the command line says, and which door each word opens.

mod ask;
mod migrate;
mod seed;
mod sim;
mod up;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::config::Config;
use shopify_sim::twin;
use tokio::signal::unix::{SignalKind, signal};

use crate::bench::Part;
use crate::error::Error;

/// The question of a demonstration that was given none.
const DEMO_QUESTION: &str = "How is my store doing?";

/// Ask a question about a Shopify store; every figure of the answer is computed.
#[derive(Parser)]
#[command(name = "alatar", version, about, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Bring everything up, ask a demonstration store a question, show the answer, shut down
    Demo {
        question: Option<String>,
        /// A store folder; a made-up store without it
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print the whole analysis as JSON
        #[arg(long)]
        json: bool,
    },
    /// Serve on 127.0.0.1 until Ctrl-C
    Up {
        /// 0 takes any free port; ALATAR_PORT or 8080 without it
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// The first merchant's store folder; a made-up store without it
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Ask a question: of the alatar that is up, or of one that comes up for it
    Ask {
        question: String,
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print the whole analysis as JSON
        #[arg(long)]
        json: bool,
    },
    /// Serve store folders as Shopify would; the first line says where and with which access tokens
    Sim {
        #[arg(long, value_name = "DIR", required_unless_present = "child")]
        data: Vec<PathBuf>,
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        /// Take the order from standard input and end with it
        #[arg(long, hide = true)]
        child: bool,
    },
    /// Write a made-up store folder, and truth.json beside it
    Twin {
        #[arg(long)]
        seed: u64,
        #[arg(long)]
        months: u32,
        #[arg(long)]
        orders: u32,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Bring the database's tables up to date, back, or say where they are
    Migrate {
        #[command(subcommand)]
        way: migrate::Way,
    },
    /// Print sizes, counts and speeds beside their budgets
    Bench {
        /// A store folder; a made-up store without it
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// This part alone
        #[arg(long)]
        part: Option<Part>,
    },
    /// Give both demonstration merchants at least one row in every table
    Seed {
        /// The first merchant's store folder, where no alatar is up; a made-up store without it
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

/// The command's whole life.
pub fn main() -> ExitCode {
    let line = Line::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::io("start", "the async runtime")(error)),
    };
    let ended = runtime.block_on(obey(line.word));
    // Standard input cannot be read without a thread that waits for it; nobody waits for that thread.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    eprintln!("alatar: {error}");
    error.exit_code()
}

async fn obey(word: Word) -> Result<(), Error> {
    match word {
        Word::Sim { child: true, .. } => crate::simulator::obey().await,
        Word::Twin { seed, months, orders, out } => {
            let settings = twin::Settings { months, orders, ..twin::Settings::new(seed, out.clone()) };
            twin::write(settings)?;
            print(&format!("{}\n", out.display()));
            Ok(())
        }
        Word::Demo { question, data, json } => {
            let question = question.unwrap_or_else(|| DEMO_QUESTION.to_owned());
            ask::of_a_world(config()?, &ask::Asked { question, json }, data).await
        }
        Word::Ask { question, data, json } => {
            ask::anyone(config()?, &ask::Asked { question, json }, data).await
        }
        Word::Up { port, data } => up::until_stopped(config()?, port, data).await,
        Word::Sim { data, port, .. } => sim::until_stopped(&config()?, data, port).await,
        Word::Migrate { way } => migrate::go(&config()?, way).await,
        Word::Bench { data, part } => {
            print(&crate::bench::run(config()?, data, program()?, part).await?);
            Ok(())
        }
        Word::Seed { data } => seed::both(config()?, data).await,
    }
}

fn config() -> Result<Config, Error> {
    let config = Config::from_env()?;
    runtime::telemetry::init(&config.telemetry);
    Ok(config)
}

/// The `alatar` command itself, for the simulator's process.
fn program() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::io("find", "the alatar command"))
}

/// Ready when somebody wants us to stop.
async fn stopped_by_hand() -> Result<(), Error> {
    let listen = |kind| signal(kind).map_err(Error::io("listen to", "signals"));
    let (mut interrupt, mut terminate, mut hangup) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// To standard output; whoever closed it does not want the rest.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
