//! `migrate`: the tables of the database that this home uses.

use clap::Subcommand;
use cluster::Safety;
use domain::secret::Secret;
use runtime::config::Config;
use store::migrations;

use super::print;
use crate::database::Database;
use crate::error::Error;
use crate::home::Home;

#[derive(Subcommand)]
pub(super) enum Way {
    /// Apply what is missing
    Up {
        /// Up to and including this migration
        #[arg(long, value_name = "VERSION")]
        to: Option<i32>,
    },
    /// Revert the newest migration
    Down {
        /// All migrations above this one; 0 reverts every one
        #[arg(long, value_name = "VERSION")]
        to: Option<i32>,
    },
    /// Say which are applied
    Status,
}

pub(super) async fn go(config: &Config, way: Way) -> Result<(), Error> {
    let home = Home::open(&config.home)?;
    if let Some(run) = home.running() {
        return travel(&Secret::new(run.owner_database_url), way).await;
    }
    let _lock = home.lock()?;
    let database = Database::open(config, &home, Safety::Durable).await?;
    let travelled = travel(&database.owner_url, way).await;
    database.stop().await?;
    travelled
}

async fn travel(owner_url: &Secret, way: Way) -> Result<(), Error> {
    let failed = || Error::store("the migrations could not be run");
    match way {
        Way::Up { to } => {
            store::roles::ensure(owner_url).await.map_err(failed())?;
            let applied = migrations::up(owner_url, to).await.map_err(failed())?;
            print(&sentence("applied", &applied));
        }
        Way::Down { to } => {
            let to = match to {
                Some(to) => to,
                None => below_newest(&migrations::status(owner_url).await.map_err(failed())?),
            };
            let reverted = migrations::down(owner_url, to).await.map_err(failed())?;
            print(&sentence("reverted", &reverted));
        }
        Way::Status => {
            for status in migrations::status(owner_url).await.map_err(failed())? {
                let applied =
                    status.applied_at.map_or_else(|| "not applied".to_owned(), |at| format!("applied {at}"));
                print(&format!("{:<40} {applied}\n", status.name));
            }
        }
    }
    Ok(())
}

fn below_newest(all: &[migrations::Status]) -> i32 {
    let mut applied: Vec<i32> =
        all.iter().filter(|one| one.applied_at.is_some()).map(|one| one.version).collect();
    applied.sort_unstable();
    applied.pop();
    applied.pop().unwrap_or(0)
}

fn sentence(done: &str, names: &[String]) -> String {
    if names.is_empty() {
        format!("nothing to be {done}\n")
    } else {
        format!("{done}: {}\n", names.join(", "))
    }
}
