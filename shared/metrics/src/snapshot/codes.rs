//! Small numbers for large ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Error, NONE};

/// Gives each id a number in the order of first appearance; 0 ("none") has no number.
#[derive(Default)]
pub(super) struct Codes {
    codes: HashMap<i64, u32, BuildHasherDefault<IdHasher>>,
}

impl Codes {
    pub(super) fn with_capacity(ids: usize) -> Self {
        Self { codes: HashMap::with_capacity_and_hasher(ids, BuildHasherDefault::default()) }
    }

    /// The id's number, and whether it is new.
    pub(super) fn code(&mut self, id: i64) -> Result<(u32, bool), Error> {
        if id == 0 {
            return Ok((NONE, false));
        }
        let next = index(self.codes.len())?;
        let code = *self.codes.entry(id).or_insert(next);
        Ok((code, code == next))
    }

    pub(super) fn find(&self, id: i64) -> Option<u32> {
        self.codes.get(&id).copied()
    }

    /// Numbers by ascending id from now on: the ids sorted, and for each old number the new one.
    pub(super) fn into_sorted(self) -> Result<(Vec<i64>, Vec<u32>), Error> {
        let mut pairs: Vec<(i64, u32)> = self.codes.into_iter().collect();
        pairs.sort_unstable();
        let mut renumbered = vec![NONE; pairs.len()];
        for (new, (_, old)) in pairs.iter().enumerate() {
            if let Some(place) = renumbered.get_mut(*old as usize) {
                *place = index(new)?;
            }
        }
        Ok((pairs.into_iter().map(|(id, _)| id).collect(), renumbered))
    }
}

/// A place as 32 bits, `NONE` left free.
pub(super) fn index(place: usize) -> Result<u32, Error> {
    u32::try_from(place).ok().filter(|it| *it != NONE).ok_or(Error::TooManyRows)
}

/// Fibonacci hashing: Shopify's ids are not chosen by an attacker, and half a million lines are looked up.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_i64(&mut self, id: i64) {
        self.write_u64(id.cast_unsigned());
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
