//! `demo` and `ask`: a question from the command line to the answer on the terminal.

use std::path::{Path, PathBuf};

use cluster::Safety;
use runtime::config::Config;
use serde_json::Value;

use super::{print, program, stopped_by_hand};
use crate::client::Client;
use crate::error::Error;
use crate::home::{Home, Run};
use crate::progress::Progress;
use crate::world::{Options, Second, World};
use crate::{merchants, show, stores};

pub(super) struct Asked {
    pub(super) question: String,
    pub(super) json: bool,
}

/// Asks the alatar that is up in this home; brings one up where there is none.
pub(super) async fn anyone(config: Config, asked: &Asked, data: Option<PathBuf>) -> Result<(), Error> {
    let home = Home::open(&config.home)?;
    let Some(run) = home.running() else { return of_a_world(config, asked, data).await };
    if let Some(data) = &data {
        same_store(&home, &run, data)?;
    }
    let progress = Progress::on_standard_error();
    let answered = answer(&run, &asked.question, &progress).await;
    progress.end();
    show(asked, &answered?)
}

/// Brings everything up on a free port, asks, shows, and takes everything down.
pub(super) async fn of_a_world(
    mut config: Config,
    asked: &Asked,
    data: Option<PathBuf>,
) -> Result<(), Error> {
    // This world's clock stands still between two questions, so an hour of its time would never pass.
    config.rate_limits = None;
    let progress = Progress::on_standard_error();
    let options = Options {
        config,
        data,
        second: Second::Nobody,
        port: 0,
        program: program()?,
        safety: Safety::Durable,
        progress: progress.clone(),
    };
    // Until it is up, dropping what there is takes it down.
    let world = tokio::select! {
        world = World::start(options) => world,
        by_hand = stopped_by_hand() => Err(by_hand.err().unwrap_or(Error::Interrupted)),
    };
    let world = match world {
        Ok(world) => world,
        Err(error) => {
            progress.end();
            return Err(error);
        }
    };
    let answered = tokio::select! {
        answered = answer(world.run(), &asked.question, &progress) => answered,
        by_hand = stopped_by_hand() => Err(by_hand.err().unwrap_or(Error::Interrupted)),
    };
    progress.say("shutting down");
    let stopped = world.stop().await;
    progress.end();
    show(asked, &answered?)?;
    stopped
}

async fn answer(run: &Run, question: &str, progress: &Progress) -> Result<Value, Error> {
    let Some(merchant) = run.merchants.first() else {
        return Err(Error::Merchant("the alatar that is up has none".to_owned()));
    };
    let mut client = Client::new(&run.url)?;
    progress.say("logging in");
    let accounts = client.log_in(&merchant.email, &merchant.password).await?;
    let account = accounts.first().and_then(|account| account.get("id")).and_then(Value::as_str);
    progress.say("submitting the question");
    let id = client.submit(question, account).await?;
    client.wait(&id, progress).await
}

fn show(asked: &Asked, request: &Value) -> Result<(), Error> {
    if asked.json {
        let text = serde_json::to_string_pretty(request).unwrap_or_else(|_| request.to_string());
        print(&format!("{text}\n"));
    }
    match request.get("status").and_then(Value::as_str) {
        Some("COMPLETED") => {}
        Some("AWAITING_CLARIFICATION") => return Err(Error::AskedBack(show::question_back(request))),
        Some(_) | None => return Err(Error::Failed(show::refusal(request))),
    }
    if !asked.json {
        print(&show::analysis(request));
    }
    Ok(())
}

fn same_store(home: &Home, run: &Run, data: &Path) -> Result<(), Error> {
    let merchant = merchants::of(home, "first", &stores::open(data)?)?;
    match run.merchants.first() {
        Some(first) if first.email == merchant.email => Ok(()),
        Some(_) | None => {
            let reason = format!(
                "the alatar that is up (process {}, {}) serves another store.\nLeave --data out, or stop that one first",
                run.pid, run.url
            );
            Err(Error::StoreFolder { folder: data.to_path_buf(), reason })
        }
    }
}
