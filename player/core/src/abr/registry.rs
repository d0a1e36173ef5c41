//! The table of policies: the one place where a policy has its name.

use super::bba::Bba;
use super::bola_e::BolaE;
use super::dynamic::Dynamic;
use super::fixed::Fixed;
use super::parameters::{
    BBA_CUSHION, BBA_RESERVOIR, CONFIDENCE, MPC_HORIZON, PLAN_HORIZON, SAFETY, SODA_HORIZON, SODA_TARGET, SWITCH,
};
use super::planner::Planner;
use super::robust_mpc::RobustMpc;
use super::script::Script;
use super::soda::Soda;
use super::throughput::Throughput;
use super::{Parameter, Policy, Settings};
use thiserror::Error;

/// A policy that can be chosen by its name alone.
#[derive(Debug)]
pub struct KnownPolicy {
    /// What it is called on the command line, in reports and in the window.
    pub name: &'static str,
    /// What it goes by, in a few words.
    pub summary: &'static str,
    /// How it decides, in a sentence for people who choose it.
    pub explanation: &'static str,
    /// Where it was published: who, where, in which year.
    pub source: &'static str,
    /// What can be changed about it.
    pub parameters: &'static [Parameter],
    make: fn(&Settings) -> Box<dyn Policy>,
}

/// All of them, in the order of a menu; the first is [`DEFAULT`].
pub const POLICIES: &[KnownPolicy] = &[
    KnownPolicy {
        name: "default",
        summary: "plans for what the viewer has of it; gives up downloads that come too late",
        explanation: "Looks half a minute ahead over the true sizes of the segments, expects bad luck that lasts, and takes the plan of which the viewer has most: stalls weigh more than sharpness.",
        source: "this player, 2026; its prices after ITU-T P.1203.3 (2017) and Dobrian et al., SIGCOMM 2011",
        parameters: &[PLAN_HORIZON, CONFIDENCE],
        make: |settings| Box::new(Planner::new(settings)),
    },
    KnownPolicy {
        name: "throughput",
        summary: "the highest rung under the estimate",
        explanation: "Measures what the last downloads brought a second and takes the highest rendition below a share of it; it does not look at the buffer.",
        source: "Liu, Bouazizi and Gabbouj: Rate adaptation for adaptive HTTP streaming, MMSys 2011",
        parameters: &[SAFETY],
        make: |settings| Box::new(Throughput::new(settings)),
    },
    KnownPolicy {
        name: "bola-e",
        summary: "the best score of quality against buffer",
        explanation: "Weighs the quality of each rendition against the room it takes in the buffer (Lyapunov optimisation), with a virtual buffer for the start; it needs no forecast of the network.",
        source: "Spiteri, Sitaraman and Sparacio: From theory to practice, MMSys 2018; BOLA: Spiteri, Urgaonkar and Sitaraman, INFOCOM 2016",
        parameters: &[],
        make: |_| Box::new(BolaE::default()),
    },
    KnownPolicy {
        name: "dynamic",
        summary: "throughput while the buffer is short, bola above",
        explanation: "Goes by throughput while the buffer is short, where a buffer rule knows too little, and by BOLA once it is long; the default of dash.js.",
        source: "Spiteri, Sitaraman and Sparacio: From theory to practice, MMSys 2018",
        parameters: &[SAFETY, SWITCH],
        make: |settings| Box::new(Dynamic::new(settings)),
    },
    KnownPolicy {
        name: "bba",
        summary: "the buffer level alone names the rung",
        explanation: "The level of the buffer alone names the rendition: the lowest below the reservoir, the highest above the cushion, a straight line between.",
        source: "Huang, Johari, McKeown, Trunnell and Watson: A buffer-based approach to rate adaptation, SIGCOMM 2014",
        parameters: &[BBA_RESERVOIR, BBA_CUSHION],
        make: |settings| Box::new(Bba::new(settings)),
    },
    KnownPolicy {
        name: "robust-mpc",
        summary: "plans five segments with a cautious estimate",
        explanation: "Tries every plan for the next five segments with an estimate that is lowered by its last errors, and takes the first step of the best one.",
        source: "Yin, Jindal, Sekar and Sinopoli: A control-theoretic approach for dynamic adaptive video streaming over HTTP, SIGCOMM 2015",
        parameters: &[MPC_HORIZON],
        make: |settings| Box::new(RobustMpc::new(settings)),
    },
    KnownPolicy {
        name: "soda",
        summary: "a smooth plan that shuns switches",
        explanation: "Plans so that the buffer stays near a target and renditions seldom change: smoothness is a cost like any other.",
        source: "Chen, Lin, Agarwal, Crovella, Katz-Bassett, Manohar and Wierman: SODA, SIGCOMM 2024",
        parameters: &[SODA_HORIZON, SODA_TARGET],
        make: |settings| Box::new(Soda::new(settings)),
    },
];

/// The policy of who asks for none.
pub const DEFAULT: &str = POLICIES[0].name;
/// With the number of a rung (`fixed:3`; 0 is the lowest): always that rung.
pub const FIXED: &str = "fixed";
/// The policy beside which a stall counts as avoidable.
pub const LOWEST: &str = "fixed:0";
/// With the numbers of rungs, one a segment (`script:0,2,1`): those.
pub const SCRIPT: &str = "script";

/// The names in [`POLICIES`]; beside them there are [`FIXED`] and [`SCRIPT`]. Some take [`parameters()`]:
/// `bba:reservoir=0.3`.
pub const NAMES: &[&str] = &names();

const fn names() -> [&'static str; POLICIES.len()] {
    let mut names = [""; POLICIES.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = POLICIES[index].name;
        index += 1;
    }
    names
}

/// The row of a policy by its plain name.
pub fn known(name: &str) -> Option<&'static KnownPolicy> {
    POLICIES.iter().find(|known| known.name == name)
}

/// What can be changed about the policy of this plain name; nothing for names without parameters.
pub fn parameters(name: &str) -> &'static [Parameter] {
    known(name).map_or(&[], |known| known.parameters)
}

/// The plain name of a policy and what stands behind the colon: `bba:reservoir=0.3`, `fixed:3`.
pub fn split(policy: &str) -> (&str, Option<&str>) {
    policy.split_once(':').map_or((policy, None), |(name, rest)| (name, Some(rest)))
}

/// A name that stands for no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown policy `{0}`: expected one of {names}, fixed:N (rung, 0 is the lowest) or script:N,N,…", names = NAMES.join(", "))]
pub struct UnknownPolicy(String);

/// A new policy.
///
/// # Errors
/// When no policy has this name, or what stands behind the colon is not for it.
pub fn by_name(name: &str) -> Result<Box<dyn Policy>, UnknownPolicy> {
    made(name).ok_or_else(|| UnknownPolicy(name.chars().take(60).collect()))
}

fn made(policy: &str) -> Option<Box<dyn Policy>> {
    match split(policy) {
        (FIXED, Some(rung)) => Some(Box::new(Fixed::new(rung.parse().ok()?))),
        (SCRIPT, Some(rungs)) => Some(Box::new(Script::parse(rungs)?)),
        (name, Some(text)) => Some((known(name)?.make)(&Settings::parse(name, text)?)),
        (name, None) => Some((known(name)?.make)(&Settings::defaults(name))),
    }
}
