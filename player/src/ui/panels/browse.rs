//! A folder as a list, over everything else: a click goes into a folder or takes a file.

use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::model::folder_listing::{FileKind, FolderEntry, FolderListing};
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::icon_button;
use eframe::egui::{Align, Button, Id, Label, Layout, Modal, RichText, ScrollArea, Ui, vec2};
use std::path::PathBuf;

const WIDTH: f32 = 520.0;
const HEIGHT: f32 = 360.0;

/// Opens the list beside what is open.
pub(crate) fn button(ui: &mut Ui, wanted: FileKind, name: &str, view: &mut WindowState) {
    if icon_button(ui, Icon::Folder, name, "").clicked() {
        let near = if wanted == FileKind::Trace { &view.throttle.typed } else { &view.address };
        view.browser = Some(FolderListing::new(wanted, near));
    }
}

/// What was clicked.
enum FolderChoice {
    Nothing,
    Close,
    Into(PathBuf),
    Take(PathBuf),
}

/// Shows it while somebody looks for a file.
pub(crate) fn show(ui: &Ui, view: &mut WindowState, out: &mut Out) {
    let Some(browser) = &mut view.browser else { return };
    browser.look(ui.ctx());
    let sheet = Modal::new(Id::unique("browser")).show(ui.ctx(), |ui| {
        let window = ui.ctx().content_rect().size();
        ui.set_width(WIDTH.min(window.x - 6.0 * theme::GAP));
        contents(ui, browser, HEIGHT.min(window.y - 14.0 * theme::GAP))
    });
    match sheet.inner {
        _ if sheet.should_close() => view.browser = None,
        FolderChoice::Nothing => {}
        FolderChoice::Close => view.browser = None,
        FolderChoice::Into(folder) => browser.enter(folder),
        FolderChoice::Take(file) => take(&file.display().to_string(), view, out),
    }
}

fn take(file: &str, view: &mut WindowState, out: &mut Out) {
    match view.browser.take().map(|browser| browser.wanted) {
        Some(FileKind::Trace) => {
            view.throttle.follow(file);
            out.send(view.throttle.command());
        }
        _ => out.open = Some(file.to_owned()),
    }
}

fn contents(ui: &mut Ui, browser: &FolderListing, height: f32) -> FolderChoice {
    let mut choice = heading(ui, browser);
    ui.separator();
    let weak = Palette::of(ui).weak;
    let words = match &browser.entries {
        None => RichText::new("Reading …").color(weak),
        Some(Err(problem)) => RichText::new(format::sentence(problem)).color(Palette::of(ui).warning),
        Some(Ok(entries)) if entries.is_empty() => RichText::new(browser.wanted.nothing_here()).color(weak),
        Some(Ok(entries)) => {
            let list =
                ScrollArea::vertical().auto_shrink([false, false]).max_height(height).min_scrolled_height(height);
            let row_height = ui.spacing().interact_size.y;
            list.show_rows(ui, row_height, entries.len(), |ui, range| {
                for entry in entries.get(range).into_iter().flatten() {
                    if row(ui, entry) {
                        let path = browser.folder.join(&entry.name);
                        choice = if entry.is_folder { FolderChoice::Into(path) } else { FolderChoice::Take(path) };
                    }
                }
            });
            return choice;
        }
    };
    ui.label(words);
    ui.allocate_space(vec2(1.0, (height - ui.spacing().interact_size.y).max(0.0)));
    choice
}

/// The folder's path, with the buttons that go to the folder above and close the list.
fn heading(ui: &mut Ui, browser: &FolderListing) -> FolderChoice {
    let mut choice = FolderChoice::Nothing;
    ui.horizontal(|ui| {
        let above = browser.folder.parent();
        let up = ui.add_enabled(above.is_some(), Button::new("Up"));
        if up.accessible_name("Folder above").clicked() {
            choice = above.map_or(FolderChoice::Nothing, |above| FolderChoice::Into(above.to_owned()));
        }
        let path = browser.folder.display().to_string();
        let room = vec2((ui.available_width() - theme::ICON - theme::SMALL_GAP).max(0.0), theme::ICON);
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(room);
            ui.add(Label::new(RichText::new(&path).strong()).truncate()).on_hover_text(path);
        });
        if icon_button(ui, Icon::Close, "Close the list", "Esc").clicked() {
            choice = FolderChoice::Close;
        }
    });
    choice
}

/// Whether it was clicked.
fn row(ui: &mut Ui, entry: &FolderEntry) -> bool {
    let text = if entry.is_folder { format!("{}/", entry.name) } else { entry.name.clone() };
    let color = if entry.is_folder { Palette::of(ui).weak } else { Palette::of(ui).text };
    ui.add(Button::selectable(false, RichText::new(text).color(color)).truncate()).clicked()
}
