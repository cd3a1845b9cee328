//! Keys under which a mutation was done once. The namespace is the user and the mutation.
//!
//! A mutation is one statement, and its key is claimed inside it, so that both are there or neither is. The statement
//! puts together, under these names:
//!
//! 1. [`earlier!`]: what the key stands for already, if it does;
//! 2. `verdict`: one row whose `word` begins with [`verdict_of_key!`] and is `done` where the effect is to happen;
//! 3. `cause`: the effect, where `verdict.word` is `done`; its `id` is what the key will stand for;
//! 4. [`remembered!`]: the key, written with the effect;
//! 5. [`settled!`] in the last select: of two that do the same at the same moment the later one fails with
//!    [`Error::Conflict`](crate::error::Error::Conflict), leaves nothing behind, and finds the first one's answer when
//!    it is tried again.
//!
//! A refusal remembers nothing: its key may be used again.

use domain::digest::Digest;
use domain::limits::IDEMPOTENCY_KEPT_DAYS;
use jiff::{SignedDuration, Timestamp};

use crate::session::Param;

/// `with` part: what this mutation's key stands for, unless its time is over.
macro_rules! earlier {
    ($mutation:literal, $key:literal, $digest:literal, $now:literal) => {
        concat!(
            "earlier as (
  select object_id, input_digest = ",
            $digest,
            " as same from idempotency_keys
  where mutation = '",
            $mutation,
            "' and key = ",
            $key,
            "::text and expires_at > ",
            $now,
            "
)"
        )
    };
}
pub(crate) use earlier;

/// The first branches of the verdict's `case`, over `earlier`, which must be joined from the left.
macro_rules! verdict_of_key {
    () => {
        "when earlier.same then 'repeated' when not earlier.same then 'key_reused'"
    };
}
pub(crate) use verdict_of_key;

/// `with` part: the key, where there is one and `cause` has done something. A key whose time is over is taken anew.
macro_rules! remembered {
    ($mutation:literal, $key:literal, $digest:literal, $until:literal, $now:literal) => {
        concat!(
            "remembered as (
  insert into idempotency_keys as k (mutation, key, input_digest, object_id, created_at, expires_at)
  select '",
            $mutation,
            "', ",
            $key,
            ", ",
            $digest,
            ", id, ",
            $now,
            ", ",
            $until,
            " from cause where ",
            $key,
            " is not null
  on conflict (user_id, mutation, key) do update set input_digest = excluded.input_digest,
    object_id = excluded.object_id, created_at = excluded.created_at, expires_at = excluded.expires_at
  where k.expires_at <= excluded.created_at
  returning object_id
)"
        )
    };
}
pub(crate) use remembered;

/// A column of the last select: fails where effect or key were to be written and somebody else was faster.
macro_rules! settled {
    ($key:literal) => {
        concat!(
            "case when verdict.word = 'done' and (not exists (select from cause)
    or ",
            $key,
            " is not null and not exists (select from remembered)) then app.conflict() end as settled"
        )
    };
}
pub(crate) use settled;

/// What one call of a mutation is known by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    /// `None`: the caller does not mind that it is done again.
    pub(crate) key: Option<&'a str>,
    pub(crate) input: Digest,
    pub(crate) now: Timestamp,
}

impl Claim<'_> {
    /// The parameters `key`, `digest`, `until` and `now`, in this order.
    pub(crate) fn params(self) -> [Param; 4] {
        let until = self.now.checked_add(SignedDuration::from_hours(24 * IDEMPOTENCY_KEPT_DAYS));
        [
            Box::new(self.key.map(str::to_owned)),
            Box::new(self.input.as_bytes().to_vec()),
            Box::new(until.unwrap_or(Timestamp::MAX)),
            Box::new(self.now),
        ]
    }
}

/// One digest for one input: every part with its length, so that no two inputs share a text.
pub(crate) fn input_digest(parts: &[&[u8]]) -> Digest {
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let with_lengths: Vec<&[u8]> =
        lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), *part]).collect();
    Digest::of_parts(&with_lengths)
}

#[cfg(test)]
mod tests {
    use crate::sql;

    #[test]
    fn every_mutation_has_a_namespace_of_its_own_and_claims_its_key_completely() {
        let mut namespaces = Vec::new();
        for statement in sql::all().iter().filter(|statement| !statement.name().starts_with("seed.")) {
            let text = statement.text();
            let Some((_, claim)) = text.split_once("insert into idempotency_keys") else { continue };
            let namespace = claim.split('\'').nth(1).unwrap();
            assert!(text.contains(&format!("where mutation = '{namespace}'")), "{}", statement.name());
            assert!(text.contains("then app.conflict() end as settled"), "{}", statement.name());
            assert!(text.contains("when earlier.same then 'repeated'"), "{}", statement.name());
            namespaces.push(namespace);
        }
        let all = namespaces.len();
        assert!(all >= 1);
        namespaces.sort_unstable();
        namespaces.dedup();
        assert_eq!(namespaces.len(), all);
    }
}
