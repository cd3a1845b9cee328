//! The runner of `migrations/`: embedded, checksummed, one transaction each, under an advisory lock.

use domain::digest::Digest;
use domain::secret::Secret;
use jiff::Timestamp;
use tokio_postgres::Client;

use crate::error::Error;
use crate::{pools, roles};

/// One migration as it was built in.
struct Migration {
    version: i32,
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../../../migrations/", $name, ".up.sql")),
            down: include_str!(concat!("../../../migrations/", $name, ".down.sql")),
        }),+]
    };
}

/// A test compares this list with the folder.
const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_create_foundation",
    2 "0002_create_accounts",
    3 "0003_create_analyses",
    4 "0004_create_mirror",
    5 "0005_add_sessions",
    6 "0006_add_sockets",
    7 "0007_add_clarifications",
    8 "0008_add_action_columns",
};

/// Two runners of one database take turns. Any number does; this one spells "alatar".
const LOCK: i64 = 0x616c_6174_6172;

/// Rather give up than stop a live table.
const SETTINGS: &str =
    "set lock_timeout = '2s'; set statement_timeout = '5min'; set client_min_messages = warning";

const BOOKKEEPING: &str = "create schema if not exists app;
    create table if not exists app.migrations (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )";

const APPLIED: &str =
    "-- migrations.applied\nselect version, name, checksum, applied_at from app.migrations order by version";
const RECORD: &str =
    "-- migrations.record\ninsert into app.migrations (version, name, checksum) values ($1, $2, $3)";
const FORGET: &str = "-- migrations.forget\ndelete from app.migrations where version = $1";
const EXISTS: &str = "-- migrations.exists\nselect to_regclass('app.migrations') is not null";

/// Why a migration did not run.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(
        "migration {0} was changed after it had been applied; restore its file, or write a new migration"
    )]
    Drift(String),
    #[error("the database has migration {0}, which this program does not know; use a newer program")]
    Unknown(String),
    #[error("there is no migration {0}")]
    NoSuch(i32),
    #[error("migration {name} failed and changed nothing: {message}")]
    Failed { name: String, message: String },
}

/// Where one migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub version: i32,
    /// `0001_create_foundation`.
    pub name: String,
    pub applied_at: Option<Timestamp>,
}

/// Makes the roles and applies what is missing, up to and including `to`. Says which were applied; again, none is.
///
/// # Errors
/// When the owner cannot connect, a file has drifted, or a migration fails; those before it stay applied.
pub async fn up(owner_url: &Secret, to: Option<i32>) -> Result<Vec<String>, Error> {
    check_target(to.unwrap_or_default())?;
    roles::ensure(owner_url).await?;
    let mut client = lock(owner_url).await?;
    client.batch_execute(BOOKKEEPING).await.map_err(|error| Error::of("migrations.bookkeeping", &error))?;
    let applied = applied(&client).await?;
    let mut done = Vec::new();
    let is_wanted = |migration: &&Migration| {
        to.is_none_or(|to| migration.version <= to)
            && applied.iter().all(|row| row.version != migration.version)
    };
    for migration in MIGRATIONS.iter().filter(is_wanted) {
        run(&mut client, migration, Direction::Up).await?;
        done.push(migration.name.to_owned());
    }
    Ok(done)
}

/// Reverts what lies above `to`, newest first; 0 reverts all and leaves nothing behind in the database. The roles,
/// which belong to the server, stay. Says which were reverted.
///
/// # Errors
/// As [`up`].
pub async fn down(owner_url: &Secret, to: i32) -> Result<Vec<String>, Error> {
    check_target(to)?;
    let mut client = lock(owner_url).await?;
    if !is_migrated(&client).await? {
        return Ok(Vec::new());
    }
    let applied = applied(&client).await?;
    let mut done = Vec::new();
    let is_wanted = |migration: &&Migration| {
        migration.version > to && applied.iter().any(|row| row.version == migration.version)
    };
    for migration in MIGRATIONS.iter().rev().filter(is_wanted) {
        run(&mut client, migration, Direction::Down).await?;
        done.push(migration.name.to_owned());
    }
    if to == 0 {
        let forget = "drop table app.migrations; drop schema app";
        client.batch_execute(forget).await.map_err(|error| Error::of("migrations.forget_all", &error))?;
    }
    Ok(done)
}

/// Every migration that the program or the database knows.
///
/// # Errors
/// When the owner cannot connect, or the database has been migrated by a newer program.
pub async fn status(owner_url: &Secret) -> Result<Vec<Status>, Error> {
    let client = pools::connect(owner_url).await?;
    let applied = if is_migrated(&client).await? { applied(&client).await? } else { Vec::new() };
    let status = |migration: &Migration| Status {
        version: migration.version,
        name: migration.name.to_owned(),
        applied_at: applied.iter().find(|row| row.version == migration.version).map(|row| row.applied_at),
    };
    Ok(MIGRATIONS.iter().map(status).collect())
}

/// The newest migration that this program knows.
pub fn last() -> &'static str {
    MIGRATIONS.last().map_or("none", |migration| migration.name)
}

/// One name for everything that the migrations make: it changes when any of their files does.
pub fn digest() -> Digest {
    let parts: Vec<&[u8]> =
        MIGRATIONS.iter().flat_map(|one| [one.up.as_bytes(), one.down.as_bytes()]).collect();
    Digest::of_parts(&parts)
}

struct Applied {
    version: i32,
    applied_at: Timestamp,
}

/// What is applied, once it is certain that the files are still those.
async fn applied(client: &Client) -> Result<Vec<Applied>, Error> {
    let failed = |error: tokio_postgres::Error| Error::of("migrations.applied", &error);
    let mut applied = Vec::new();
    for row in client.query(APPLIED, &[]).await.map_err(failed)? {
        let (version, name): (i32, String) =
            (row.try_get("version").map_err(failed)?, row.try_get("name").map_err(failed)?);
        let Some(known) = MIGRATIONS.iter().find(|migration| migration.version == version) else {
            return Err(Fault::Unknown(name).into());
        };
        if row.try_get::<_, String>("checksum").map_err(failed)? != checksum(known) {
            return Err(Fault::Drift(name).into());
        }
        applied.push(Applied { version, applied_at: row.try_get("applied_at").map_err(failed)? });
    }
    Ok(applied)
}

fn checksum(migration: &Migration) -> String {
    Digest::of(migration.up.as_bytes()).to_string()
}

fn check_target(to: i32) -> Result<(), Error> {
    let is_known = to == 0 || MIGRATIONS.iter().any(|migration| migration.version == to);
    if is_known { Ok(()) } else { Err(Fault::NoSuch(to).into()) }
}

/// A connection that holds the lock until it is dropped. Waiting for another runner is not limited; its own work is.
async fn lock(owner_url: &Secret) -> Result<Client, Error> {
    let client = pools::connect(owner_url).await?;
    let lock = format!("select pg_advisory_lock({LOCK}); {SETTINGS}");
    client.batch_execute(&lock).await.map_err(|error| Error::of("migrations.lock", &error))?;
    Ok(client)
}

async fn is_migrated(client: &Client) -> Result<bool, Error> {
    let row = client.query_one(EXISTS, &[]).await.map_err(|error| Error::of("migrations.exists", &error))?;
    row.try_get(0).map_err(|error| Error::of("migrations.exists", &error))
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

/// One migration and its line, in one transaction.
async fn run(client: &mut Client, migration: &Migration, direction: Direction) -> Result<(), Error> {
    let failed = |error: tokio_postgres::Error| {
        let refused = error.as_db_error();
        let message = refused.map_or_else(|| error.to_string(), |refused| refused.message().to_owned());
        Fault::Failed { name: migration.name.to_owned(), message }
    };
    let tx = client.transaction().await.map_err(failed)?;
    match direction {
        Direction::Up => {
            tx.batch_execute(migration.up).await.map_err(failed)?;
            let checksum = checksum(migration);
            tx.execute(RECORD, &[&migration.version, &migration.name, &checksum]).await.map_err(failed)?;
        }
        Direction::Down => {
            tx.batch_execute(migration.down).await.map_err(failed)?;
            tx.execute(FORGET, &[&migration.version]).await.map_err(failed)?;
        }
    }
    tx.commit().await.map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn every_file_of_the_folder_is_built_in_and_numbered_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        let built_in: Vec<String> = MIGRATIONS
            .iter()
            .flat_map(|one| ["down", "up"].map(|way| format!("{}.{way}.sql", one.name)))
            .collect();
        assert_eq!(files, built_in);
        for (i, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(
                (migration.version, &migration.name[..4]),
                (i as i32 + 1, format!("{:04}", i + 1).as_str())
            );
        }
    }
}
