//! Policies by name.

use super::bba::Bba;
use super::bola_e::BolaE;
use super::dynamic::Dynamic;
use super::fixed::Fixed;
use super::planner::Planner;
use super::robust_mpc::RobustMpc;
use super::script::Script;
use super::soda::Soda;
use super::throughput::Throughput;
use super::{Policy, Settings};
use thiserror::Error;

/// The names without parameter that [`by_name`] knows; beside them `fixed:N` and `script:N,N,…`. Some take
/// [`super::parameters()`]: `bba:reservoir=0.3`.
pub const NAMES: &[&str] = &["default", "throughput", "bola-e", "dynamic", "bba", "robust-mpc", "soda"];

/// A name that stands for no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown policy `{0}`: expected one of {names}, fixed:N (rung, 0 is the lowest) or script:N,N,…", names = NAMES.join(", "))]
pub struct UnknownPolicy(String);

/// A new policy.
pub fn by_name(name: &str) -> Result<Box<dyn Policy>, UnknownPolicy> {
    let unknown = || UnknownPolicy(name.chars().take(60).collect());
    match name.split_once(':') {
        Some(("fixed", rung)) => Ok(Box::new(Fixed::new(rung.parse().map_err(|_| unknown())?))),
        Some(("script", rungs)) => Ok(Box::new(Script::parse(rungs).ok_or_else(unknown)?)),
        Some((plain, text)) => {
            Settings::parse(plain, text).and_then(|settings| with(plain, &settings)).ok_or_else(unknown)
        }
        None => with(name, &Settings::defaults(name)).ok_or_else(unknown),
    }
}

fn with(name: &str, settings: &Settings) -> Option<Box<dyn Policy>> {
    Some(match name {
        "default" => Box::new(Planner::new(settings)),
        "throughput" => Box::new(Throughput::new(settings)),
        "bola-e" => Box::new(BolaE::default()),
        "dynamic" => Box::new(Dynamic::new(settings)),
        "bba" => Box::new(Bba::new(settings)),
        "robust-mpc" => Box::new(RobustMpc::new(settings)),
        "soda" => Box::new(Soda::new(settings)),
        _ => return None,
    })
}
