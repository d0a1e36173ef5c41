//! Small programs for the graphics card. All of them fill the viewport with one rectangle.

use eframe::egui_glow::ShaderVersion;
use eframe::glow::{self, HasContext as _};

/// `place` is where in a texture a pixel comes from.
const VERTEX: &str = "
const vec2 CORNERS[4] = vec2[4](vec2(0.0, 0.0), vec2(1.0, 0.0), vec2(0.0, 1.0), vec2(1.0, 1.0));
out vec2 place;
void main() {
    vec2 corner = CORNERS[gl_VertexID];
    place = PLACE;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}";

/// Which row of a texture is at the top of the window.
#[derive(Debug, Clone, Copy)]
pub(super) enum Top {
    /// The first, as in pictures.
    First,
    /// The last, as in the window itself.
    Last,
}

/// A program and what it is drawn with.
#[derive(Clone, Copy)]
pub(super) struct Shader {
    program: glow::Program,
    vertices: glow::VertexArray,
}

impl Shader {
    /// A fragment shader that reads `place`.
    ///
    /// # Errors
    /// The driver's words when its GL is too old (below 3.2 or ES 3.0) or refuses the shader.
    pub(super) fn new(gl: &glow::Context, fragment: &str, top: Top) -> Result<Self, String> {
        let place = match top {
            Top::First => "vec2(corner.x, 1.0 - corner.y)",
            Top::Last => "corner",
        };
        let program = link(gl, &VERTEX.replace("PLACE", place), fragment)?;
        // SAFETY: object creation in the current context; `delete` ends it.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        let vertices = unsafe { gl.create_vertex_array()? };
        Ok(Self { program, vertices })
    }

    /// For the settings and textures of one drawing.
    pub(super) fn program(&self) -> glow::Program {
        self.program
    }

    /// Fills the viewport; what was there is gone.
    pub(super) fn draw(&self, gl: &glow::Context) {
        // SAFETY: program and vertex array were created in this context and are alive until `delete`; four vertices
        // come from gl_VertexID, so no buffer is read. egui puts its own state back after a callback.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.use_program(Some(self.program));
            gl.bind_vertex_array(Some(self.vertices));
            gl.disable(glow::BLEND);
            gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        }
    }

    /// The context must be current; nothing may be drawn afterwards.
    pub(super) fn delete(&self, gl: &glow::Context) {
        // SAFETY: both are this context's; deleting what is deleted is allowed.
        #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
        unsafe {
            gl.delete_vertex_array(self.vertices);
            gl.delete_program(self.program);
        }
    }
}

fn link(gl: &glow::Context, vertex: &str, fragment: &str) -> Result<glow::Program, String> {
    let version = version(gl)?;
    // SAFETY: object creation and queries in the current context; the shaders are attached to a program that is
    // alive, and marked for deletion once it is linked.
    #[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
    unsafe {
        let program = gl.create_program()?;
        for (kind, source) in [(glow::VERTEX_SHADER, vertex), (glow::FRAGMENT_SHADER, fragment)] {
            let shader = gl.create_shader(kind)?;
            gl.shader_source(shader, &format!("{version}{source}"));
            gl.compile_shader(shader);
            if !gl.get_shader_compile_status(shader) {
                return Err(gl.get_shader_info_log(shader));
            }
            gl.attach_shader(program, shader);
            gl.delete_shader(shader);
        }
        gl.link_program(program);
        if gl.get_program_link_status(program) { Ok(program) } else { Err(gl.get_program_info_log(program)) }
    }
}

/// The first line of a shader: ES contexts (Wayland on small devices, ANGLE) have a language of their own.
fn version(gl: &glow::Context) -> Result<&'static str, String> {
    match ShaderVersion::get(gl) {
        ShaderVersion::Es300 => Ok("#version 300 es"),
        ShaderVersion::Gl140 => Ok("#version 150"),
        old => Err(format!("OpenGL 3.2 or ES 3.0 is needed, this one speaks {old:?}")),
    }
}
