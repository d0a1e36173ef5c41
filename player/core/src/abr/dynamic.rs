//! DYNAMIC: the throughput rule while the buffer is low, BOLA-E once it is not, with hysteresis (Spiteri,
//! Sitaraman, Sparacio, MMSys 2018; the default of dash.js).

use super::bola_e::BolaE;
use super::parameters::SWITCH;
use super::throughput::Throughput;
use super::{AbandonVerdict, Advice, Context, Download, InFlight, Policy, Settings};
use std::time::Duration;

/// The throughput rule takes over again below this part of the level at which BOLA-E did.
const BACK_AT: f64 = 0.5;

/// See the module.
#[derive(Debug)]
pub(super) struct Dynamic {
    throughput: Throughput,
    bola: BolaE,
    by_buffer: bool,
    /// Above this level BOLA-E takes over.
    switch: Duration,
}

impl Dynamic {
    pub(super) fn new(settings: &Settings) -> Self {
        let switch = Duration::from_secs_f64(settings.of(&SWITCH));
        Self { throughput: Throughput::new(settings), bola: BolaE::default(), by_buffer: false, switch }
    }

    fn in_charge(&mut self) -> &mut dyn Policy {
        if self.by_buffer { &mut self.bola } else { &mut self.throughput }
    }
}

impl Policy for Dynamic {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        self.by_buffer = context.dry_in() > if self.by_buffer { self.switch.mul_f64(BACK_AT) } else { self.switch };
        self.in_charge().decide(context)
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        self.in_charge().abandon(context, in_flight)
    }

    fn on_download(&mut self, context: &Context<'_>, download: &Download) {
        self.bola.on_download(context, download);
    }
}
