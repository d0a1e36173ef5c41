//! How many stretches a film is made in. One needs nothing but the film; more need a survey, and a film of which a part
//! can be decoded without what comes before it.

use super::{Runner, Threads, Work};
use crate::decode;
use crate::error::PackagerError;
use crate::plan::Plan;
use crate::produce::RunContext;
use crate::survey::{self, Master, Survey};
use shared::time::PresentationTime;

/// The decision, with its inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// Stretches at the same time.
    count: usize,
    /// There when there are more than one.
    survey: Option<Survey>,
    /// The shape of the film's first picture.
    shape: Option<f64>,
    /// Why there is one stretch where more were asked for.
    why_one: Option<&'static str>,
}

impl Division {
    /// For `wanted` stretches of a film, of which `known` was learned before; it is surveyed where there are to be several
    /// and nothing was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(plan: &Plan, input: &Master, wanted: usize, known: Option<Survey>) -> Result<Self, PackagerError> {
        if wanted <= 1 {
            return Ok(Self::one(None));
        }
        let survey = match known {
            Some(survey) => survey,
            None => survey::read(input.open()?, &plan.streams())?,
        };
        if let Err(why) = survey.can_be_cut(plan) {
            return Ok(Self::one(Some(why.words())));
        }
        let shape = decode::first_shape(input.open()?, plan)?;
        Ok(Self { count: wanted, survey: Some(survey), shape, why_one: None })
    }

    fn one(why_one: Option<&'static str>) -> Self {
        Self { count: 1, survey: None, shape: None, why_one }
    }

    /// What the user should know of it.
    pub fn note(&self) -> Option<String> {
        self.why_one.map(|why| format!("the film is made in one piece: {why}"))
    }

    /// Where the film ends in its source, where that is known before it is read.
    pub fn film_end(&self, plan: &Plan) -> Option<PresentationTime> {
        self.survey.as_ref()?.extent(plan).map(|extent| extent.end)
    }

    /// Who does the jobs: threads of this process, for all stretches at the same time and the sound beside them.
    pub fn runner(&self) -> Box<dyn Runner> {
        Box::new(Threads { at_once: if self.survey.is_some() { self.count + 1 } else { 1 } })
    }

    /// The work of a run in this division.
    pub fn work<'a>(&'a self, run: &'a RunContext<'a>, input: &'a Master) -> Work<'a> {
        Work { run, input, survey: self.survey.as_ref(), shape: self.shape, count: self.count }
    }
}
