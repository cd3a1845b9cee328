//! Named statements. Each noun keeps its own as constants; this is the list of all, so that a test can prepare them one
//! by one against the migrated schema.

use crate::{
    agent_tasks, analysis_requests, attempts, audit_log, cached_shopify_data, cancellations, clarifications,
    health, linked_accounts, loads, mirror, outbox, proposed_actions, refunds, seed, segments, session,
    sessions, snapshots, sockets, subscriptions, turns, user_preferences, users,
};

/// One statement. Its first line is its name, `-- noun.verb`, which the server's own statistics then show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sql(&'static str);

impl Sql {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    pub const fn text(self) -> &'static str {
        self.0
    }

    /// `noun.verb`.
    pub fn name(self) -> &'static str {
        self.0.lines().next().and_then(|line| line.strip_prefix("-- ")).unwrap_or("unnamed")
    }
}

/// Every statement of `store`, noun by noun.
pub fn all() -> Vec<Sql> {
    [
        session::STATEMENTS,
        agent_tasks::STATEMENTS,
        analysis_requests::STATEMENTS,
        attempts::STATEMENTS,
        audit_log::STATEMENTS,
        cached_shopify_data::STATEMENTS,
        cancellations::STATEMENTS,
        clarifications::STATEMENTS,
        health::STATEMENTS,
        linked_accounts::STATEMENTS,
        loads::STATEMENTS,
        mirror::STATEMENTS,
        outbox::STATEMENTS,
        proposed_actions::STATEMENTS,
        proposed_actions::DECISIONS,
        refunds::STATEMENTS,
        seed::STATEMENTS,
        segments::STATEMENTS,
        sessions::STATEMENTS,
        snapshots::STATEMENTS,
        sockets::STATEMENTS,
        subscriptions::STATEMENTS,
        turns::STATEMENTS,
        user_preferences::STATEMENTS,
        users::STATEMENTS,
    ]
    .concat()
}
