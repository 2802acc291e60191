//! What is left to chance: how long to pause, and the id of an owner. One seed reproduces both.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A source of chance; clones share it.
#[derive(Clone, Debug)]
pub struct Dice(Arc<Mutex<fastrand::Rng>>);

impl Default for Dice {
    /// Seeded by the operating system's own chance.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::new())))
    }
}

impl Dice {
    /// Always the same throws.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// Between half of a duration and all of it.
    pub fn part_of(&self, whole: Duration) -> Duration {
        let share = self.0.lock().unwrap_or_else(PoisonError::into_inner).f64();
        whole.mul_f64(0.5 + share / 2.0)
    }

    /// Sixteen hexadecimal digits that nobody else will draw: with 64 bits, a million bundles share one with a chance of 1 to 37
    /// million.
    pub fn id(&self) -> String {
        format!("{:016x}", self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(..))
    }
}
