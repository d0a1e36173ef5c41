//! The picture where OpenGL runs on the CPU: swscale brings it to the very pixels of the window, and OpenGL only copies
//! them. A shader that converts and scales takes llvmpipe five times as long.

use super::pixels::Pixels;
use super::shader::Top;
use super::tone::ToneMaps;
use super::{Surface, same_samples};
use eframe::egui::{PaintCallback, Painter, Rect};
use eframe::egui_glow::{CallbackFn, ShaderVersion};
use eframe::glow::{self, HasContext as _};
use shared_av::{ColourDescription, PixelFormat, Scaler, VideoFrame};
use std::sync::{Arc, Mutex, PoisonError};

/// Converts on the window's thread.
pub(crate) struct SoftSurface {
    gl: Arc<glow::Context>,
    picture: Arc<Mutex<HeldPicture>>,
    scaler: Option<((u32, u32), Scaler)>,
    tones: ToneMaps,
    /// The last picture and what became of it.
    held: Option<(VideoFrame, VideoFrame)>,
}

/// The converted picture as a texture.
struct HeldPicture {
    pixels: Pixels,
    /// What is in the texture.
    held: Option<VideoFrame>,
}

impl SoftSurface {
    /// Must be called on the thread of the window.
    ///
    /// # Errors
    /// When this OpenGL is not the CPU's, or cannot do it.
    pub(crate) fn new(gl: &Arc<glow::Context>) -> Result<Self, String> {
        if !is_software(gl) || ShaderVersion::get(gl).is_embedded() {
            return Err("the graphics card can do better".to_owned());
        }
        let picture = HeldPicture { pixels: Pixels::new(gl, Top::First)?, held: None };
        Ok(Self {
            gl: gl.clone(),
            picture: Arc::new(Mutex::new(picture)),
            scaler: None,
            tones: ToneMaps::default(),
            held: None,
        })
    }

    /// `frame` in `width` x `height` pixels; `None` when swscale cannot, or there is no room for any.
    fn convert(&mut self, frame: &VideoFrame, width: u32, height: u32) -> Option<VideoFrame> {
        let known = |(from, to): &&(VideoFrame, VideoFrame)| {
            same_samples(from, frame) && (to.width(), to.height()) == (width, height)
        };
        if let Some((_, to)) = self.held.as_ref().filter(known) {
            return Some(to.clone());
        }
        let open = || Scaler::new(width, height, PixelFormat::Bgra, ColourDescription::SRGB).quick();
        self.scaler = self.scaler.take().filter(|(size, _)| *size == (width, height));
        let (_, scaler) = self.scaler.get_or_insert_with(|| ((width, height), open()));
        let pixels = scaler.scale(frame).ok()?;
        let pixels = match self.tones.of(frame) {
            Some(map) => map.picture(&pixels, PixelFormat::Bgra)?,
            None => pixels,
        };
        self.held = Some((frame.clone(), pixels.clone()));
        Some(pixels)
    }
}

impl Surface for SoftSurface {
    fn paint(&mut self, painter: &Painter, rect: Rect, frame: &VideoFrame) {
        let size = rect.size() * painter.pixels_per_point();
        let Some(frame) = self.convert(frame, size.x.round() as u32, size.y.round() as u32) else { return };
        let picture = self.picture.clone();
        // The lock is held on the window's thread alone; it is there because egui wants callbacks to be `Sync`.
        let callback = CallbackFn::new(move |_, painter| {
            picture.lock().unwrap_or_else(PoisonError::into_inner).paint(painter.gl(), &frame);
        });
        painter.add(PaintCallback { rect, callback: Arc::new(callback) });
    }

    fn release(&mut self) {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner).pixels.delete(&self.gl);
    }
}

impl HeldPicture {
    fn paint(&mut self, gl: &glow::Context, frame: &VideoFrame) {
        if !self.held.as_ref().is_some_and(|held| same_samples(held, frame)) {
            if let Some(plane) = frame.plane(0) {
                self.pixels.write(gl, &plane);
            }
            self.held = Some(frame.clone());
        }
        self.pixels.draw(gl);
    }
}

/// Whether the renderer calls itself by the name of one that has no graphics card.
fn is_software(gl: &glow::Context) -> bool {
    // SAFETY: a query of the current context.
    #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
    let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
    ["llvmpipe", "softpipe", "SwiftShader", "Software"].iter().any(|name| renderer.contains(name))
}
