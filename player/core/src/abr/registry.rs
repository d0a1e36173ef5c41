//! Policies by name.

use super::Policy;
use super::bba::Bba;
use super::bola_e::BolaE;
use super::dynamic::Dynamic;
use super::fixed::Fixed;
use super::planner::Planner;
use super::robust_mpc::RobustMpc;
use super::script::Script;
use super::soda::Soda;
use super::throughput::Throughput;
use thiserror::Error;

/// The names without parameter that [`by_name`] knows; beside them `fixed:N` and `script:N,N,…`.
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
        Some(_) => Err(unknown()),
        None => plain(name).ok_or_else(unknown),
    }
}

fn plain(name: &str) -> Option<Box<dyn Policy>> {
    Some(match name {
        "default" => Box::new(Planner::default()),
        "throughput" => Box::new(Throughput::default()),
        "bola-e" => Box::new(BolaE::default()),
        "dynamic" => Box::new(Dynamic::default()),
        "bba" => Box::new(Bba),
        "robust-mpc" => Box::new(RobustMpc::default()),
        "soda" => Box::new(Soda),
        _ => return None,
    })
}
