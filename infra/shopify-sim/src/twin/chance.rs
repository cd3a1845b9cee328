//! Chance that repeats itself: ChaCha's stream and integer arithmetic only, so that every machine and every release
//! draws the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        for (byte, seed) in bytes.iter_mut().zip(seed.to_le_bytes()) {
            *byte = seed;
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A number below `bound`; 0 where there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    pub(super) fn permille(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// The place of a weight, each as likely as it is large.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (at, weight) in weights.enumerate() {
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied().unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_stream_never_changes() {
        let mut chance = Chance::new(7);
        let drawn: Vec<u64> = (0..6).map(|_| chance.below(1_000)).collect();
        assert_eq!(drawn, [764, 465, 5, 301, 386, 336]);
    }

    #[test]
    fn weights_of_zero_are_never_picked() {
        let mut chance = Chance::new(1);
        assert!((0..200).all(|_| chance.weighted([0, 3, 0, 1].into_iter()) % 2 == 1));
    }
}
