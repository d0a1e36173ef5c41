//! DYNAMIC: the throughput rule while the buffer is low, BOLA-E once it is not, with hysteresis (Spiteri,
//! Sitaraman, Sparacio, MMSys 2018; the default of dash.js).

use super::bola_e::BolaE;
use super::throughput::Throughput;
use super::{Choice, Context, Download, InFlight, Policy, Verdict};
use std::time::Duration;

/// Above this level BOLA-E takes over.
const HIGH: Duration = Duration::from_secs(10);
/// Below this level the throughput rule does.
const LOW: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    throughput: Throughput,
    bola: BolaE,
    by_buffer: bool,
}

impl Dynamic {
    fn in_charge(&mut self) -> &mut dyn Policy {
        if self.by_buffer { &mut self.bola } else { &mut self.throughput }
    }
}

impl Policy for Dynamic {
    fn name(&self) -> &str {
        "dynamic"
    }

    fn decide(&mut self, context: &Context<'_>) -> Choice {
        self.by_buffer = context.dry_in() > if self.by_buffer { LOW } else { HIGH };
        self.in_charge().decide(context)
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> Verdict {
        self.in_charge().abandon(context, in_flight)
    }

    fn on_download(&mut self, context: &Context<'_>, download: &Download) {
        self.bola.on_download(context, download);
    }
}
