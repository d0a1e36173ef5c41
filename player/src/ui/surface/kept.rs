//! What has not changed is not painted again. While a film plays, most frames of the window differ from the one before
//! in the picture alone, and of the panels most stand still: those come from a copy of the window. Where OpenGL runs
//! on the CPU the panels would be most of the cost; elsewhere it spares power.

use super::areas::FrameShapes;
use super::pixels::Pixels;
use super::shader::Top;
use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Context, FullOutput, PaintCallback, Plugin, Rect, Shape};
use eframe::egui_glow::CallbackFn;
use eframe::glow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A plugin of egui that replaces the shapes of areas that have not changed by a copy of the window.
pub(crate) struct Kept(Arc<Mutex<Held>>);

struct Held {
    gl: Arc<glow::Context>,
    pixels: Pixels,
    /// What is in `pixels`. It changes when that is painted: a pass may be discarded.
    scene: Option<Arc<FrameShapes>>,
}

impl Kept {
    /// For the window of this context, which must be current.
    ///
    /// # Errors
    /// When its OpenGL cannot do it: everything is painted always, then.
    pub(crate) fn new(gl: &Arc<glow::Context>) -> Result<Self, String> {
        let pixels = Pixels::new(gl, Top::Last)?;
        Ok(Self(Arc::new(Mutex::new(Held { gl: gl.clone(), pixels, scene: None }))))
    }

    /// The shapes to paint: areas in `still` come from the copy, the others are painted as usual.
    fn paint(&self, scene: FrameShapes, still: &[Rect]) -> Vec<ClippedShape> {
        let mut shapes: Vec<_> = still.iter().map(|area| self.restore(scene.window, *area)).collect();
        shapes.extend(scene.shapes_beside(still).cloned());
        if !scene.moves_in_all_but(still) {
            shapes.push(self.keep(scene));
        }
        shapes
    }

    fn restore(&self, window: Rect, area: Rect) -> ClippedShape {
        let held = self.0.clone();
        let shape = callback(window, move |_| {
            let held = lock(&held);
            held.pixels.draw(&held.gl);
        });
        ClippedShape::new(area, shape)
    }

    fn keep(&self, scene: FrameShapes) -> ClippedShape {
        let held = self.0.clone();
        let scene = Arc::new(scene);
        let window = scene.window;
        let shape = callback(window, move |size| {
            let mut held = lock(&held);
            let Held { gl, pixels, scene: kept } = &mut *held;
            pixels.keep(gl, size);
            *kept = Some(scene.clone());
        });
        ClippedShape::new(window, shape)
    }
}

impl Plugin for Kept {
    fn debug_name(&self) -> &'static str {
        "kept"
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let shapes = std::mem::take(&mut output.shapes);
        output.shapes = match FrameShapes::new(shapes, ctx.content_rect(), output.pixels_per_point) {
            Ok(scene) => {
                let kept = lock(&self.0).scene.clone().filter(|_| output.textures_delta.is_empty());
                let still = kept.map_or(Vec::new(), |kept| kept.still(&scene));
                self.paint(scene, &still)
            }
            Err(shapes) => shapes,
        };
    }

    fn on_exit(&mut self, _: &Context) {
        let mut held = lock(&self.0);
        held.scene = None;
        held.pixels.delete(&held.gl);
    }
}

fn callback(rect: Rect, paint: impl Fn([u32; 2]) + Send + Sync + 'static) -> Shape {
    let callback = CallbackFn::new(move |info, _| paint(info.screen_size_px));
    Shape::Callback(PaintCallback { rect, callback: Arc::new(callback) })
}

/// Held on the window's thread alone; it is there because egui wants callbacks to be `Sync`.
fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
