//! The picture by OpenGL: planes become textures of one byte a sample, a shader turns them into colour. Uploading is
//! all that costs time here (0.2 ms for 1080p); everything else is the graphics card's.

use super::matrix::Matrix;
use super::shader::{Shader, Top};
use super::tone::{self, Transfer};
use super::{Chroma, Surface, chroma_layout, same_samples};
use eframe::egui::{PaintCallback, Painter, Rect};
use eframe::egui_glow::CallbackFn;
use eframe::glow::{self, HasContext as _};
use shared_av::{Plane, VideoFrame};
use std::sync::{Arc, Mutex, PoisonError};

/// `chroma` is 0 for planes of their own, 1 for U and V interleaved, 2 for none.
const INPUTS: &str = "
precision highp float;
in vec2 place;
out vec4 color;
uniform sampler2D plane0;
uniform sampler2D plane1;
uniform sampler2D plane2;
uniform int chroma;
uniform mat3 columns;
uniform vec3 offset;
uniform int transfer;

";

const MAIN: &str = "
void main() {
    vec2 uv = offset.yz;
    if (chroma == 0) uv = vec2(texture(plane1, place).r, texture(plane2, place).r);
    if (chroma == 1) uv = texture(plane1, place).rg;
    vec3 yuv = vec3(texture(plane0, place).r, uv);
    color = vec4(shown(clamp(columns * (yuv - offset), 0.0, 1.0), transfer), 1.0);
}";

/// Paints with the window's own GL context.
pub(crate) struct GlSurface {
    gl: Arc<glow::Context>,
    planes: Arc<Mutex<PlaneTextures>>,
}

impl GlSurface {
    /// Compiles the shader. Must be called on the thread of the window.
    ///
    /// # Errors
    /// The driver's words when its GL is too old (below 3.2 or ES 3.0) or refuses the shader.
    pub(crate) fn new(gl: &Arc<glow::Context>) -> Result<Self, String> {
        let planes = PlaneTextures::new(gl)?;
        Ok(Self { gl: gl.clone(), planes: Arc::new(Mutex::new(planes)) })
    }
}

impl Surface for GlSurface {
    fn paint(&mut self, painter: &Painter, rect: Rect, frame: &VideoFrame) {
        let planes = self.planes.clone();
        let frame = frame.clone();
        // The lock is held on the window's thread alone; it is there because egui wants callbacks to be `Sync`.
        let callback = CallbackFn::new(move |_, painter| {
            planes.lock().unwrap_or_else(PoisonError::into_inner).paint(painter.gl(), &frame);
        });
        painter.add(PaintCallback { rect, callback: Arc::new(callback) });
    }

    fn release(&mut self) {
        self.planes.lock().unwrap_or_else(PoisonError::into_inner).delete(&self.gl);
    }
}

/// The planes of one picture as textures, with the shader that shows them.
struct PlaneTextures {
    shader: Shader,
    textures: [glow::Texture; 3],
    /// What is in the textures.
    held: Option<VideoFrame>,
    /// Shape and format of each texture: storage is made anew only when it changes.
    shapes: [Option<Shape>; 3],
}

/// Width, height, and bytes a texel.
type Shape = (usize, usize, usize);

impl PlaneTextures {
    fn new(gl: &glow::Context) -> Result<Self, String> {
        let shader = Shader::new(gl, &[INPUTS, tone::GLSL, MAIN].concat(), Top::First)?;
        // SAFETY: plain object creation in the current context, which eframe made current for the creator and for
        // every paint callback; the objects are deleted in `delete`.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            let textures = [gl.create_texture()?, gl.create_texture()?, gl.create_texture()?];
            for texture in textures {
                smooth(gl, texture);
            }
            name_planes(gl, shader.program());
            Ok(Self { shader, textures, held: None, shapes: [None; 3] })
        }
    }

    fn paint(&mut self, gl: &glow::Context, frame: &VideoFrame) {
        let Some(layout) = chroma_layout(frame.format()) else { return };
        if !self.held.as_ref().is_some_and(|held| same_samples(held, frame)) {
            self.upload(gl, frame, layout);
            self.held = Some(frame.clone());
        }
        self.draw(gl, layout, frame);
    }

    fn upload(&mut self, gl: &glow::Context, frame: &VideoFrame, layout: Chroma) {
        let planes = match layout {
            Chroma::Planar => 3,
            Chroma::Interleaved => 2,
            Chroma::Absent => 1,
        };
        for index in 0..planes {
            let texel = if layout == Chroma::Interleaved && index == 1 { 2 } else { 1 };
            if let Some(plane) = frame.plane(index) {
                store(gl, self.textures[index], &mut self.shapes[index], &plane, texel);
            }
        }
    }

    fn draw(&self, gl: &glow::Context, layout: Chroma, frame: &VideoFrame) {
        let matrix = Matrix::of(frame.colour(), frame.height());
        let transfer = match Transfer::of(frame.colour()) {
            None => 0,
            Some(Transfer::Pq) => 1,
            Some(Transfer::Hlg) => 2,
        };
        let chroma = match layout {
            Chroma::Planar => 0,
            Chroma::Interleaved => 1,
            Chroma::Absent => 2,
        };
        let program = self.shader.program();
        // SAFETY: program and textures were created in this context and are alive until `delete`.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.use_program(Some(program));
            // In reverse, because egui relies on unit 0 being the active one afterwards.
            for (unit, texture) in [glow::TEXTURE0, glow::TEXTURE1, glow::TEXTURE2].into_iter().zip(self.textures).rev()
            {
                gl.active_texture(unit);
                gl.bind_texture(glow::TEXTURE_2D, Some(texture));
            }
            let at = |name| gl.get_uniform_location(program, name);
            gl.uniform_1_i32(at("chroma").as_ref(), chroma);
            gl.uniform_1_i32(at("transfer").as_ref(), transfer);
            gl.uniform_matrix_3_f32_slice(at("columns").as_ref(), false, matrix.columns.as_flattened());
            gl.uniform_3_f32_slice(at("offset").as_ref(), &matrix.offset);
        }
        self.shader.draw(gl);
    }

    fn delete(&mut self, gl: &glow::Context) {
        self.held = None;
        self.shader.delete(gl);
        // SAFETY: called once, from `on_exit`, with the context current; nothing is painted afterwards.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            for texture in self.textures {
                gl.delete_texture(texture);
            }
        }
    }
}

/// Brings a plane into a texture, whose storage is replaced when the shape is another one.
fn store(gl: &glow::Context, texture: glow::Texture, held: &mut Option<Shape>, plane: &Plane<'_>, texel: usize) {
    let texels_in_stride = plane.stride / texel;
    let needed = plane.stride * plane.height.saturating_sub(1) + plane.width * texel;
    if plane.data.len() < needed || texels_in_stride < plane.width {
        return;
    }
    let shape = (plane.width, plane.height, texel);
    let (inner, outer) = if texel == 2 { (glow::RG8, glow::RG) } else { (glow::R8, glow::RED) };
    let (width, height) = (plane.width as i32, plane.height as i32);
    let data = glow::PixelUnpackData::Slice(Some(plane.data));
    // SAFETY: GL reads `height` rows of `width` texels that are `stride` apart; the check above has made sure that
    // all of them lie in `data`. Row length and alignment are put back to GL's defaults, which egui relies on.
    #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
    unsafe {
        gl.active_texture(glow::TEXTURE0);
        gl.bind_texture(glow::TEXTURE_2D, Some(texture));
        gl.pixel_store_i32(glow::UNPACK_ALIGNMENT, 1);
        gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, texels_in_stride as i32);
        if *held == Some(shape) {
            gl.tex_sub_image_2d(glow::TEXTURE_2D, 0, 0, 0, width, height, outer, glow::UNSIGNED_BYTE, data);
        } else {
            gl.tex_image_2d(glow::TEXTURE_2D, 0, inner as i32, width, height, 0, outer, glow::UNSIGNED_BYTE, data);
        }
        gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, 0);
        gl.pixel_store_i32(glow::UNPACK_ALIGNMENT, 4);
    }
    *held = Some(shape);
}

/// # Safety
/// The context must be current and own `texture`.
#[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
unsafe fn smooth(gl: &glow::Context, texture: glow::Texture) {
    let settings = [
        (glow::TEXTURE_MIN_FILTER, glow::LINEAR),
        (glow::TEXTURE_MAG_FILTER, glow::LINEAR),
        (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
        (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
    ];
    // SAFETY: the caller keeps the contract above.
    unsafe {
        gl.bind_texture(glow::TEXTURE_2D, Some(texture));
        for (name, value) in settings {
            gl.tex_parameter_i32(glow::TEXTURE_2D, name, value as i32);
        }
    }
}

/// # Safety
/// The context must be current and own `program`, which must be linked.
#[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
unsafe fn name_planes(gl: &glow::Context, program: glow::Program) {
    // SAFETY: the caller keeps the contract above.
    unsafe {
        gl.use_program(Some(program));
        for (unit, name) in ["plane0", "plane1", "plane2"].into_iter().enumerate() {
            gl.uniform_1_i32(gl.get_uniform_location(program, name).as_ref(), unit as i32);
        }
        gl.use_program(None);
    }
}
