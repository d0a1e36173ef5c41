//! How the viewer wants films to adapt: what was chosen for one holds for the next. The session knows nothing of the
//! one before it, so it is begun with this.

use player_core::abr;
use player_core::io::Command;
use player_core::session::Config;
use std::time::Duration;

/// What was chosen in the window; nothing where the command line still holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdaptationPreferences {
    /// Name of the policy, with its parameters.
    pub policy: Option<String>,
    /// The most media ahead of the playhead.
    pub buffer_target: Option<Duration>,
}

impl AdaptationPreferences {
    /// Keeps what `commands` say about policy and buffer. The session refuses a policy that does not exist; if its name
    /// were kept, the next session could not begin.
    pub(crate) fn heed(&mut self, commands: &[Command]) {
        for command in commands {
            match command {
                Command::Policy(name) if abr::by_name(name).is_ok() => self.policy = Some(name.clone()),
                Command::BufferTarget(target) => self.buffer_target = Some(*target),
                _ => {}
            }
        }
    }

    /// The settings of the command line, with what was chosen in the window in their place.
    pub(crate) fn over(self, config: Config) -> Config {
        Config {
            policy: self.policy.unwrap_or(config.policy),
            buffer_target: self.buffer_target.unwrap_or(config.buffer_target),
            ..config
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_until_something_is_chosen() {
        let line = Config { policy: "bba".into(), buffer_target: Duration::from_secs(12), ..Config::default() };
        let mut adaptation = AdaptationPreferences::default();
        assert_eq!(adaptation.clone().over(line.clone()), line);
        adaptation.heed(&[Command::Policy("no-such".into()), Command::Policy("script:1,".into()), Command::Play]);
        assert_eq!(adaptation.clone().over(line.clone()), line, "what the session refuses is not kept");
        adaptation.heed(&[Command::Policy("soda".into())]);
        assert_eq!(adaptation.over(line.clone()), Config { policy: "soda".into(), ..line });
    }
}
