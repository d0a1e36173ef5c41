//! Finished pixels in a texture, shown one to one. Where the graphics card is the CPU, Mesa's llvmpipe does this by
//! copying rows: for 8 bits of blue, green, red and alpha, the nearest texel, and a shader that does nothing else
//! (its "linear" rasterizer). Anything more takes it twenty times as long.

use super::shader::{Shader, Top};
use eframe::egui_glow::ShaderVersion;
use eframe::glow::{self, HasContext as _};
use shared_av::Plane;

const FRAGMENT: &str = "
precision highp float;
in vec2 place;
out vec4 color;
uniform sampler2D pixels;
void main() {
    color = texture(pixels, place);
}";

/// A texture of pixels.
pub(super) struct Pixels {
    shader: Shader,
    texture: glow::Texture,
    /// Width and height.
    size: [i32; 2],
    /// In which order the four bytes come.
    order: u32,
}

impl Pixels {
    /// With nothing in it. The context must be current.
    ///
    /// # Errors
    /// The driver's words.
    pub(super) fn new(gl: &glow::Context, top: Top) -> Result<Self, String> {
        let shader = Shader::new(gl, FRAGMENT, top)?;
        let order = if ShaderVersion::get(gl).is_embedded() { glow::RGBA } else { glow::BGRA };
        // SAFETY: object creation in the current context; `delete` ends it.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        let texture = unsafe { gl.create_texture()? };
        let pixels = Self { shader, texture, size: [0, 0], order };
        pixels.bind(gl);
        sharpen(gl);
        Ok(pixels)
    }

    /// Copies the content of the window, whose size in pixels is `size`.
    pub(super) fn keep(&mut self, gl: &glow::Context, size: [u32; 2]) {
        self.resize(gl, size);
        let [width, height] = self.size;
        // SAFETY: the texture is bound and as large as what is read.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.copy_tex_sub_image_2d(glow::TEXTURE_2D, 0, 0, 0, 0, 0, width, height);
        }
    }

    /// Takes the rows of a packed picture, four bytes a pixel in the order blue, green, red, alpha. One whose rows do
    /// not fit is left alone.
    pub(super) fn write(&mut self, gl: &glow::Context, plane: &Plane<'_>) {
        let needed = plane.stride * plane.height.saturating_sub(1) + plane.width * 4;
        if plane.data.len() < needed || plane.stride / 4 < plane.width || !plane.stride.is_multiple_of(4) {
            return;
        }
        self.resize(gl, [plane.width as u32, plane.height as u32]);
        let [width, height] = self.size;
        let data = glow::PixelUnpackData::Slice(Some(plane.data));
        // SAFETY: GL reads `height` rows of `width` texels that are `stride` apart; the check above has made sure that
        // all of them lie in `data`. The row length is put back to GL's default, which egui relies on.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, (plane.stride / 4) as i32);
            gl.tex_sub_image_2d(glow::TEXTURE_2D, 0, 0, 0, width, height, self.order, glow::UNSIGNED_BYTE, data);
            gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, 0);
        }
    }

    /// Fills the viewport, which should be as large as what is held.
    pub(super) fn draw(&self, gl: &glow::Context) {
        self.bind(gl);
        self.shader.draw(gl);
    }

    /// The context must be current; nothing may be drawn afterwards.
    pub(super) fn delete(&self, gl: &glow::Context) {
        self.shader.delete(gl);
        // SAFETY: the texture is this context's; deleting what is deleted is allowed.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.delete_texture(self.texture);
        }
    }

    /// Leaves the texture bound.
    fn resize(&mut self, gl: &glow::Context, size: [u32; 2]) {
        self.bind(gl);
        let size = size.map(|side| i32::try_from(side).unwrap_or(0));
        if self.size == size {
            return;
        }
        let nothing = glow::PixelUnpackData::Slice(None);
        // SAFETY: storage without content is asked for; nothing is read.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            let [width, height] = size;
            let (inner, outer) = (glow::RGBA as i32, self.order);
            gl.tex_image_2d(glow::TEXTURE_2D, 0, inner, width, height, 0, outer, glow::UNSIGNED_BYTE, nothing);
        }
        self.size = size;
    }

    fn bind(&self, gl: &glow::Context) {
        // SAFETY: the texture is alive until `delete`; samplers read unit 0 unless they are told otherwise.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.active_texture(glow::TEXTURE0);
            gl.bind_texture(glow::TEXTURE_2D, Some(self.texture));
        }
    }
}

/// The nearest texel of the bound texture.
fn sharpen(gl: &glow::Context) {
    let settings = [
        (glow::TEXTURE_MIN_FILTER, glow::NEAREST),
        (glow::TEXTURE_MAG_FILTER, glow::NEAREST),
        (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
        (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
    ];
    // SAFETY: plain settings of a texture that the caller has bound.
    #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
    unsafe {
        for (name, value) in settings {
            gl.tex_parameter_i32(glow::TEXTURE_2D, name, value as i32);
        }
    }
}
