//! What the session's thread tells the decoding threads without waiting in line behind their jobs.

use player_core::io::Epoch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Lets through what belongs to the epoch in force; everybody on the way of the media asks it. Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct EpochGate(Arc<AtomicU32>);

impl EpochGate {
    /// Nothing of older epochs passes any more.
    pub fn set(&self, epoch: Epoch) {
        self.0.store(epoch.0, Relaxed);
    }

    /// Nothing passes any more.
    pub fn close(&self) {
        self.0.store(u32::MAX, Relaxed);
    }

    /// Whether `epoch` is in force.
    pub fn lets_through(&self, epoch: Epoch) -> bool {
        self.0.load(Relaxed) == epoch.0
    }
}

/// How fast sound is to be played, media seconds a second. It does not wait in line with the segments: those fed ahead
/// are longer than a viewer would wait for the change.
#[derive(Debug, Clone)]
pub struct Speed(Arc<AtomicU64>);

impl Default for Speed {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1.0_f64.to_bits())))
    }
}

impl Speed {
    /// What is decoded from now on.
    pub fn set(&self, speed: f64) {
        self.0.store(speed.to_bits(), Relaxed);
    }

    /// The present one.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_epoch_in_force_passes_and_none_after_the_end() {
        let gate = EpochGate::default();
        let everybodys = gate.clone();
        assert!(everybodys.lets_through(Epoch(0)));
        gate.set(Epoch(2));
        assert_eq!([1, 2, 3].map(|epoch| everybodys.lets_through(Epoch(epoch))), [false, true, false]);
        gate.close();
        assert!(!everybodys.lets_through(Epoch(2)));
    }

    #[test]
    fn a_speed_is_normal_until_it_is_set() {
        let speed = Speed::default();
        assert_eq!(speed.get(), 1.0);
        speed.clone().set(1.75);
        assert_eq!(speed.get(), 1.75);
    }
}
