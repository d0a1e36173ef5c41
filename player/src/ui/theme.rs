//! Every colour and size of the window, by name. Colour always means something: a rung of the ladder, the network
//! (grey) or a stall (red, and nothing else is red). The chrome itself is neutral.

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Stroke, TextStyle, Theme, Visuals,
    style::WidgetVisuals,
};
use player_core::presentation::Rank;
use std::sync::Arc;

/// Height of the top bar.
pub(crate) const TOP_BAR: f32 = 46.0;
/// Height of the bars over the film.
pub(crate) const STRIP: f32 = 38.0;
/// Height of the line below the picture.
pub(crate) const WATCH_LINE: f32 = 32.0;
/// Height of strip, seek bar and buttons together.
pub(crate) const TRANSPORT: f32 = 70.0 + STRIP;
/// Distance of unrelated things.
pub(crate) const GAP: f32 = 10.0;
/// Distance of related things.
pub(crate) const SMALL_GAP: f32 = 5.0;
/// Side of a button that is only an icon.
pub(crate) const ICON: f32 = 28.0;
/// Rounding of buttons and boxes.
pub(crate) const ROUNDING: u8 = 4;
/// Strokes of lines that carry data.
pub(crate) const LINE: f32 = 1.6;
/// Strokes of lines that frame or guide.
pub(crate) const HAIRLINE: f32 = 1.0;
/// The step that says what is on the screen: the heaviest line of all.
pub(crate) const SHOWN_LINE: f32 = 4.0;
/// Radius of a measurement's dot.
pub(crate) const DOT: f32 = 3.2;

/// The colours of one theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Palette {
    /// Behind everything.
    pub background: Color32,
    /// Panels.
    pub surface: Color32,
    /// Buttons, fields, the trough of a slider.
    pub raised: Color32,
    /// The same under the pointer.
    pub hovered: Color32,
    /// Chosen buttons and filled parts of sliders.
    pub chosen: Color32,
    /// Text on a chosen button.
    pub on_chosen: Color32,
    /// Frames and grid lines.
    pub line: Color32,
    /// What is to be read.
    pub text: Color32,
    /// Captions.
    pub weak: Color32,
    /// Standing still for want of media. Used for nothing else.
    pub stall: Color32,
    /// What the throttle lets through. Used for nothing else.
    pub network: Color32,
    /// Pictures are moving.
    pub playing: Color32,
    /// Something deserves attention.
    pub warning: Color32,
    /// Around what has the keyboard.
    pub focus: Color32,
    /// From the lowest rung (warm) to the highest (cool).
    pub ramp: [Color32; 5],
}

/// The dark theme.
pub(crate) const DARK: Palette = Palette {
    background: Color32::from_rgb(0x12, 0x14, 0x17),
    surface: Color32::from_rgb(0x1a, 0x1d, 0x21),
    raised: Color32::from_rgb(0x2a, 0x2e, 0x34),
    hovered: Color32::from_rgb(0x38, 0x3d, 0x45),
    chosen: Color32::from_rgb(0xd9, 0xde, 0xe5),
    on_chosen: Color32::from_rgb(0x12, 0x14, 0x17),
    line: Color32::from_rgb(0x33, 0x38, 0x40),
    text: Color32::from_rgb(0xe6, 0xe9, 0xee),
    weak: Color32::from_rgb(0xa7, 0xb0, 0xbc),
    stall: Color32::from_rgb(0xff, 0x3b, 0x3b),
    network: Color32::from_rgb(0x68, 0x70, 0x7c),
    playing: Color32::from_rgb(0x5f, 0xd0, 0x7a),
    warning: Color32::from_rgb(0xff, 0xc2, 0x57),
    focus: Color32::from_rgb(0x7a, 0xb8, 0xff),
    ramp: [
        Color32::from_rgb(0xff, 0x9a, 0x2e),
        Color32::from_rgb(0xf0, 0xe0, 0x5a),
        Color32::from_rgb(0x3f, 0xbf, 0x9a),
        Color32::from_rgb(0x2f, 0x8c, 0xf0),
        Color32::from_rgb(0xc0, 0x9c, 0xff),
    ],
};

/// The light theme.
pub(crate) const LIGHT: Palette = Palette {
    background: Color32::from_rgb(0xf0, 0xf2, 0xf5),
    surface: Color32::from_rgb(0xfb, 0xfc, 0xfd),
    raised: Color32::from_rgb(0xe6, 0xea, 0xef),
    hovered: Color32::from_rgb(0xd8, 0xde, 0xe6),
    chosen: Color32::from_rgb(0x2b, 0x31, 0x3a),
    on_chosen: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xcf, 0xd5, 0xdd),
    text: Color32::from_rgb(0x16, 0x1a, 0x20),
    weak: Color32::from_rgb(0x4d, 0x56, 0x63),
    stall: Color32::from_rgb(0xd0, 0x0a, 0x1c),
    network: Color32::from_rgb(0x85, 0x8b, 0x9c),
    playing: Color32::from_rgb(0x1b, 0x8a, 0x3c),
    warning: Color32::from_rgb(0x8a, 0x53, 0x00),
    focus: Color32::from_rgb(0x1f, 0x6f, 0xd0),
    ramp: [
        Color32::from_rgb(0xaf, 0x60, 0x38),
        Color32::from_rgb(0xa0, 0x8a, 0x06),
        Color32::from_rgb(0x0b, 0x78, 0x63),
        Color32::from_rgb(0x14, 0x67, 0xdc),
        Color32::from_rgb(0x4f, 0x1a, 0x96),
    ],
};

impl Palette {
    /// The palette of the theme in use.
    pub(crate) fn of(ui: &egui::Ui) -> &'static Self {
        Self::in_use(ui.visuals())
    }

    /// The palette of the theme that these visuals were made from.
    pub(crate) fn in_use(visuals: &Visuals) -> &'static Self {
        if visuals.dark_mode { &DARK } else { &LIGHT }
    }

    /// What the window is cleared to, so that panels need not be painted.
    pub(crate) fn clear_color(visuals: &Visuals) -> [f32; 4] {
        Self::in_use(visuals).surface.to_normalized_gamma_f32()
    }

    /// The colour of the rung at `rank` (0 is the lowest) of a ladder of `rungs`.
    pub(crate) fn rung(&self, rank: Rank, rungs: usize) -> Color32 {
        let last = self.ramp.len() - 1;
        let place = match rungs {
            0 | 1 => last as f32,
            _ => rank.0.min(rungs - 1) as f32 / (rungs - 1) as f32 * last as f32,
        };
        let below = (place.floor() as usize).min(last - 1);
        self.ramp[below].lerp_to_gamma(self.ramp[below + 1], place - below as f32)
    }

    /// Black or white, whichever can be read on `fill`.
    pub(crate) fn on(fill: Color32) -> Color32 {
        let black = contrast(fill, Color32::BLACK);
        if black >= contrast(fill, Color32::WHITE) { Color32::BLACK } else { Color32::WHITE }
    }

    /// `color` as text: as near to it as can be read on every surface of this palette.
    pub(crate) fn as_text(&self, color: Color32) -> Color32 {
        let readable = |mixed: &Color32| self.surfaces().iter().all(|fill| contrast(*mixed, *fill) >= TEXT_CONTRAST);
        let mixtures = (0..=10_u8).map(|tenths| color.lerp_to_gamma(self.text, f32::from(tenths) / 10.0));
        mixtures.into_iter().find(readable).unwrap_or(self.text)
    }

    /// What text stands on.
    fn surfaces(&self) -> [Color32; 3] {
        [self.background, self.surface, self.raised]
    }
}

/// WCAG 2.2, success criterion 1.4.3: text against what it stands on.
const TEXT_CONTRAST: f32 = 4.5;

/// Contrast ratio of two opaque colours (WCAG 2.2).
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color: Color32| {
        let linear = egui::Rgba::from(color);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Sets both themes up.
pub(crate) fn install(ctx: &egui::Context) {
    ctx.set_visuals_of(Theme::Dark, dark());
    ctx.set_visuals_of(Theme::Light, visuals(&LIGHT, Visuals::light()));
    ctx.set_fonts(fonts());
    ctx.all_styles_mut(|style| {
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Heading, strong(17.0)),
            (TextStyle::Body, font(13.0)),
            (TextStyle::Button, font(13.0)),
            (TextStyle::Small, font(11.0)),
            (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(SMALL_GAP, SMALL_GAP);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.interact_size = egui::vec2(28.0, 22.0);
    });
}

/// The family of the heavier weight.
const STRONG: &str = "strong";

/// The heavier weight, for what is to be read first.
pub(crate) fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Noto Sans in two weights: its digits are equally wide. What it lacks (arrows, signs) comes from egui's own.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let weights = [("noto", notosans::REGULAR_TTF), ("noto-bold", notosans::BOLD_TTF)];
    fonts.font_data.extend(weights.map(|(name, data)| (name.to_owned(), Arc::new(FontData::from_static(data)))));
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with = |first: &str| std::iter::once(first.to_owned()).chain(fallback.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Name(STRONG.into()), with("noto-bold"));
    fonts.families.insert(FontFamily::Proportional, with("noto"));
    fonts
}

/// The dark theme, also for what lies on the picture while the window is light.
pub(crate) fn dark() -> Visuals {
    visuals(&DARK, Visuals::dark())
}

fn visuals(palette: &Palette, base: Visuals) -> Visuals {
    let mut visuals = Visuals {
        panel_fill: palette.surface,
        window_fill: palette.surface,
        window_stroke: Stroke::new(HAIRLINE, palette.line),
        extreme_bg_color: palette.background,
        faint_bg_color: palette.raised,
        weak_text_color: Some(palette.weak),
        warn_fg_color: palette.warning,
        slider_trailing_fill: true,
        ..base
    };
    // A blinking cursor would wake an idle window twice a second.
    visuals.text_cursor.blink = false;
    visuals.hyperlink_color = palette.as_text(palette.focus);
    visuals.selection.bg_fill = palette.chosen;
    visuals.selection.stroke = Stroke::new(HAIRLINE, palette.on_chosen);
    let widgets = &mut visuals.widgets;
    dress(&mut widgets.noninteractive, palette.surface, palette.line, palette.text);
    dress(&mut widgets.inactive, palette.raised, palette.line, palette.text);
    dress(&mut widgets.hovered, palette.hovered, palette.weak, palette.text);
    dress(&mut widgets.active, palette.hovered, palette.focus, palette.text);
    dress(&mut widgets.open, palette.hovered, palette.line, palette.text);
    visuals
}

fn dress(widget: &mut WidgetVisuals, fill: Color32, frame: Color32, text: Color32) {
    widget.bg_fill = fill;
    widget.weak_bg_fill = fill;
    widget.bg_stroke = Stroke::new(HAIRLINE, frame);
    widget.fg_stroke = Stroke::new(HAIRLINE, text);
    widget.corner_radius = CornerRadius::same(ROUNDING);
    widget.expansion = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a viewer with red-green blindness sees of a linear colour: Machado, Oliveira, Fernandes 2009, severity 1.
    const NORMAL: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    const PROTAN: [[f32; 3]; 3] =
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]];
    const DEUTAN: [[f32; 3]; 3] =
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];

    /// Oklab (Ottosson 2020), in which distance is about how different two colours look.
    fn seen(color: Color32, eye: &[[f32; 3]; 3]) -> [f32; 3] {
        let rgba = egui::Rgba::from(color);
        let linear = [rgba.r(), rgba.g(), rgba.b()];
        let [r, g, b] = eye.map(|row| row.iter().zip(linear).map(|(m, c)| m * c).sum::<f32>().clamp(0.0, 1.0));
        let l = (0.412_221_5 * r + 0.536_332_5 * g + 0.051_446 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_397 * b).cbrt();
        let s = (0.088_302_5 * r + 0.281_718_8 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_3 * l + 0.793_617_8 * m - 0.004_072 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904 * l + 0.782_771_8 * m - 0.808_675_8 * s,
        ]
    }

    fn distance(a: Color32, b: Color32, eye: &[[f32; 3]; 3]) -> f32 {
        seen(a, eye).iter().zip(seen(b, eye)).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    fn each_eye_and_palette(check: impl Fn(&Palette, &[[f32; 3]; 3])) {
        for palette in [&DARK, &LIGHT] {
            for eye in [NORMAL, PROTAN, DEUTAN] {
                check(palette, &eye);
            }
        }
    }

    #[test]
    fn neighbouring_rungs_of_a_ladder_of_six_look_different_to_every_eye() {
        each_eye_and_palette(|palette, eye| {
            for rung in 0..5 {
                let (a, b) = (palette.rung(Rank(rung), 6), palette.rung(Rank(rung + 1), 6));
                assert!(distance(a, b, eye) > 0.05, "rungs {rung} and {}: {}", rung + 1, distance(a, b, eye));
            }
        });
    }

    #[test]
    fn neither_stall_nor_network_looks_like_a_rung() {
        for palette in [&DARK, &LIGHT] {
            for rung in palette.ramp {
                assert!(distance(rung, palette.stall, &NORMAL) > 0.11);
                for eye in [NORMAL, PROTAN, DEUTAN] {
                    assert!(distance(rung, palette.network, &eye) > 0.1);
                }
            }
        }
    }

    #[test]
    fn text_is_read_and_marks_are_seen_in_both_themes() {
        for palette in [&DARK, &LIGHT] {
            for surface in palette.surfaces() {
                for text in [palette.text, palette.weak] {
                    assert!(contrast(text, surface) >= TEXT_CONTRAST, "{text:?} on {surface:?}");
                }
                for color in
                    palette.ramp.into_iter().chain([palette.stall, palette.warning, palette.playing, palette.focus])
                {
                    assert!(contrast(palette.as_text(color), surface) >= TEXT_CONTRAST, "{color:?} on {surface:?}");
                }
            }
            let rungs = (0..6).map(|rung| palette.rung(Rank(rung), 6));
            let marks = rungs.chain([palette.stall, palette.network, palette.playing, palette.warning, palette.focus]);
            for mark in marks {
                for surface in [palette.background, palette.surface] {
                    assert!(contrast(mark, surface) >= 3.0, "{mark:?} on {surface:?}: {}", contrast(mark, surface));
                }
                assert!(contrast(Palette::on(mark), mark) >= TEXT_CONTRAST, "on {mark:?}");
            }
            assert!(contrast(palette.on_chosen, palette.chosen) >= TEXT_CONTRAST);
            assert!(contrast(palette.text, palette.hovered) >= TEXT_CONTRAST);
        }
    }

    #[test]
    fn a_ladder_ends_at_the_ends_of_the_ramp() {
        assert_eq!(DARK.rung(Rank(0), 6), DARK.ramp[0]);
        assert_eq!(DARK.rung(Rank(5), 6), DARK.ramp[4]);
        assert_eq!(DARK.rung(Rank(9), 6), DARK.ramp[4]);
        assert_eq!(DARK.rung(Rank(0), 1), DARK.ramp[4]);
    }

    #[test]
    fn digits_are_equally_wide_so_that_numbers_do_not_jump() {
        let ctx = egui::Context::default();
        install(&ctx);
        let mut widths = vec![];
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let font = TextStyle::Body.resolve(ui.style());
            widths = ('0'..='9')
                .map(|digit| {
                    ui.painter().layout_no_wrap(digit.to_string().repeat(8), font.clone(), Color32::WHITE).size().x
                })
                .collect();
        });
        output.textures_delta.clear();
        assert!(widths.iter().all(|width| (width - widths[0]).abs() < 0.01), "{widths:?}");
    }
}
