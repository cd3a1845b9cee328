//! PostgreSQL's own counters, asked by the owner over a connection that is left out of the count.

use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use super::processes;
use crate::error::Error;

/// The roles of the product: what others do on the server is not counted.
const STATEMENTS: &str = "select coalesce(sum(s.calls), 0)::float8,
  coalesce(sum(s.calls) filter (where s.query ilike 'commit%'), 0)::float8
from pg_stat_statements s join pg_roles r on r.oid = s.userid where r.rolname like 'alatar_%'";
const BYTES: &str = "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = 'public'";
const POSTMASTER: &str = "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int";
const LINES: &str = "select count(*) from order_lines";

/// What a piece of work cost.
pub(super) struct Counted {
    pub(super) statements: f64,
    pub(super) commits: f64,
    /// Growth of all tables with their indexes, dead rows removed.
    pub(super) bytes: f64,
    pub(super) cpu: Cpu,
}

/// Processor time.
#[derive(Clone, Copy)]
pub(super) struct Cpu {
    pub(super) ours: Duration,
    pub(super) postgres: Duration,
}

pub(super) struct Statistics {
    owner: Client,
    postmaster: u32,
}

impl Statistics {
    /// # Errors
    /// [`Error::Database`], where `pg_stat_statements` is missing too.
    pub(super) async fn connect(owner_url: &str) -> Result<Self, Error> {
        let (owner, connection) = tokio_postgres::connect(owner_url, NoTls).await.map_err(failed)?;
        // It ends with the client.
        tokio::spawn(connection);
        owner.batch_execute("create extension if not exists pg_stat_statements").await.map_err(failed)?;
        let postmaster: i32 = owner.query_one(POSTMASTER, &[]).await.map_err(failed)?.get(0);
        Ok(Self { owner, postmaster: postmaster.unsigned_abs() })
    }

    /// Order lines in all mirrors.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(super) async fn lines(&self) -> Result<i64, Error> {
        Ok(self.owner.query_one(LINES, &[]).await.map_err(failed)?.get(0))
    }

    /// Counts what happens while `work` runs.
    ///
    /// # Errors
    /// [`Error::Database`], or the error of the work.
    pub(super) async fn count(
        &self,
        work: impl AsyncFnOnce() -> Result<(), Error>,
    ) -> Result<Counted, Error> {
        let bytes = self.bytes().await?;
        self.owner.batch_execute("select pg_stat_statements_reset()").await.map_err(failed)?;
        let before = self.cpu();
        work().await?;
        let after = self.cpu();
        let row = self.owner.query_one(STATEMENTS, &[]).await.map_err(failed)?;
        Ok(Counted {
            statements: row.get(0),
            commits: row.get(1),
            bytes: self.bytes().await? - bytes,
            cpu: Cpu {
                ours: after.ours.saturating_sub(before.ours),
                postgres: after.postgres.saturating_sub(before.postgres),
            },
        })
    }

    async fn bytes(&self) -> Result<f64, Error> {
        // Dead rows are not kept: they are removed before the tables are weighed.
        self.owner.batch_execute("vacuum full").await.map_err(failed)?;
        Ok(self.owner.query_one(BYTES, &[]).await.map_err(failed)?.get(0))
    }

    /// Of every server process there is.
    pub(super) fn postgres_cpu(&self) -> Duration {
        processes::children(self.postmaster).into_iter().map(processes::cpu_of).sum()
    }

    fn cpu(&self) -> Cpu {
        Cpu { ours: processes::cpu_of_this_process(), postgres: self.postgres_cpu() }
    }
}

fn failed(error: tokio_postgres::Error) -> Error {
    Error::Database { doing: "PostgreSQL's statistics could not be read", said: error.to_string() }
}
