//! The machine's sound device through cpal.
#![expect(clippy::disallowed_methods, reason = "a device's callback says when its samples are heard")]

use super::sound::Loan;
use super::{AudioOut, Format, Trouble};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, StreamConfig, SupportedBufferSize,
    SupportedStreamConfig,
};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Samples converted at a time for devices that do not take `f32`.
const PIECE: usize = 4096;
/// How long a device may take to open.
const OPENING: Duration = Duration::from_secs(2);
/// Between two calls of a device that lets us choose. PulseAudio's ALSA plugin offers a tenth of it and then runs dry as
/// soon as the machine is busy.
const PERIODS_A_SECOND: u32 = 20;
/// Pause after each error that a device reports, so that one that reports errors without end does not take a whole core.
const COMPLAINING: Duration = Duration::from_millis(5);

/// A device that could be opened.
pub struct Found {
    device: cpal::Device,
    sample: SampleFormat,
    config: StreamConfig,
    name: String,
}

impl Found {
    /// How its samples lie.
    pub fn format(&self) -> Format {
        Format { rate: self.config.sample_rate.max(1), channels: self.config.channels.max(1) }
    }
}

/// The most devices that are offered: ALSA has a name for every way to one.
const MOST_NAMES: usize = 40;

/// The names of the devices that there are, each once.
pub fn names() -> Vec<String> {
    let devices = cpal::default_host().output_devices();
    let mut names: Vec<String> = devices.into_iter().flatten().take(4 * MOST_NAMES).map(|d| name_of(&d)).collect();
    names.sort();
    names.dedup();
    names.truncate(MOST_NAMES);
    names
}

fn name_of(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| "sound device".into(), |description| description.name().to_owned())
}

/// The device of this name, else the default one.
fn named(wanted: Option<&str>) -> Option<cpal::Device> {
    let host = cpal::default_host();
    let named = wanted.and_then(|name| host.output_devices().ok()?.find(|device| name_of(device) == name));
    named.or_else(|| host.default_output_device())
}

/// The device that is wanted, else the default one, if it says what it takes. ALSA always names one; only this question
/// shows whether it exists. Of several ways to take samples one like `format` is chosen.
pub fn find(wanted: Option<&str>, format: Option<Format>) -> Result<Found, String> {
    let device = named(wanted).ok_or("there is no sound device")?;
    let config = device.default_output_config().map_err(|e| format!("the sound device does not answer: {e}"))?;
    let config = format.and_then(|format| like(&device, format)).unwrap_or(config);
    let name = name_of(&device);
    let sample = config.sample_format();
    let config = StreamConfig { buffer_size: buffer_size(&config), ..config.config() };
    Ok(Found { device, sample, config, name })
}

/// A configuration with this rate and so many channels.
fn like(device: &cpal::Device, format: Format) -> Option<SupportedStreamConfig> {
    let all = device.supported_output_configs().ok()?;
    let fitting = all.filter(|range| range.channels() == format.channels);
    fitting.filter_map(|range| range.try_with_sample_rate(format.rate)).next()
}

/// Only with ALSA. On other systems the default is good, and a size that one program asks for may hold for all.
fn buffer_size(config: &SupportedStreamConfig) -> BufferSize {
    let wanted = config.sample_rate() / PERIODS_A_SECOND;
    match config.buffer_size() {
        // Two periods make a buffer.
        SupportedBufferSize::Range { min, max } if cfg!(target_os = "linux") && (*min..=*max / 2).contains(&wanted) => {
            BufferSize::Fixed(wanted)
        }
        _ => BufferSize::Default,
    }
}

/// A playing device. Dropping it stops it and gives the renderer back.
pub struct Device {
    name: String,
    errors: Receiver<cpal::Error>,
    _stream: cpal::Stream,
}

impl Device {
    /// Opens `found`; on failure the renderer goes back to where it came from.
    pub fn open(found: Found, renderer: Loan) -> Result<Self, String> {
        let (report, errors) = sync_channel(8);
        let stream = match found.sample {
            SampleFormat::F32 => direct(&found, renderer, report),
            SampleFormat::I16 => converted::<i16>(&found, renderer, report),
            SampleFormat::U16 => converted::<u16>(&found, renderer, report),
            SampleFormat::I32 => converted::<i32>(&found, renderer, report),
            SampleFormat::U8 => converted::<u8>(&found, renderer, report),
            other => return Err(format!("{}: samples of kind {other} are not supported", found.name)),
        };
        let stream = stream.map_err(|e| format!("cannot open {}: {e}", found.name))?;
        stream.play().map_err(|e| format!("cannot start {}: {e}", found.name))?;
        Ok(Self { name: found.name, errors, _stream: stream })
    }
}

impl AudioOut for Device {
    fn name(&self) -> &str {
        &self.name
    }

    fn trouble(&mut self) -> Option<Trouble> {
        let all: Vec<_> = self.errors.try_iter().collect();
        let gone = all.iter().find(|error| error.kind() == cpal::ErrorKind::DeviceNotAvailable);
        gone.map(|error| Trouble::Gone(error.to_string()))
            .or(all.last().map(|error| Trouble::Complaint(error.to_string())))
    }
}

fn direct(found: &Found, mut renderer: Loan, report: SyncSender<cpal::Error>) -> Result<cpal::Stream, cpal::Error> {
    let callback = move |out: &mut [f32], info: &OutputCallbackInfo| {
        let at = heard_at(info);
        renderer.fill(out, at, at);
    };
    found.device.build_output_stream(found.config, callback, on_error(report), Some(OPENING))
}

fn converted<T: SizedSample + FromSample<f32>>(
    found: &Found,
    mut renderer: Loan,
    report: SyncSender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error> {
    let format = found.format();
    let piece = PIECE / usize::from(format.channels) * usize::from(format.channels);
    let mut scratch = vec![0.0_f32; piece.max(usize::from(format.channels))];
    let callback = move |out: &mut [T], info: &OutputCallbackInfo| {
        let mut at = heard_at(info);
        for part in out.chunks_mut(scratch.len()) {
            let samples = &mut scratch[..part.len()];
            renderer.fill(samples, at, at);
            for (target, sample) in part.iter_mut().zip(samples.iter()) {
                *target = T::from_sample(*sample);
            }
            at += format.time((part.len() / usize::from(format.channels)) as u64);
        }
    };
    found.device.build_output_stream(found.config, callback, on_error(report), Some(OPENING))
}

fn heard_at(info: &OutputCallbackInfo) -> Instant {
    let times = info.timestamp();
    Instant::now() + times.playback.duration_since(times.callback)
}

/// Under-runs and refused priorities are no loss: sound goes on after them. After others it may: PulseAudio's plugin has
/// some while it connects.
fn on_error(report: SyncSender<cpal::Error>) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| {
        use cpal::ErrorKind as Kind;
        if !matches!(error.kind(), Kind::Xrun | Kind::RealtimeDenied | Kind::DeviceChanged) {
            let _ = report.try_send(error); // full: it is known already
            std::thread::park_timeout(COMPLAINING);
        }
    }
}
