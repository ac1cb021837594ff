//! Columns and colours for a terminal.

use std::io::IsTerminal;

/// Whether standard output takes colours: a terminal, and nobody objects (no-color.org).
pub(super) fn colours() -> bool {
    let objected = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !objected
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    /// Pushed to the right: numbers.
    Number,
    Good,
    Bad,
}

/// Rows of cells under a heading, columns as wide as they must be.
pub(super) struct Table<const N: usize> {
    heading: [&'static str; N],
    rows: Vec<[(String, Look); N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(heading: [&'static str; N]) -> Self {
        Self { heading, rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: [(String, Look); N]) {
        self.rows.push(cells);
    }

    pub(super) fn render(&self, colours: bool) -> String {
        let mut widths = self.heading.map(|cell| cell.chars().count());
        for row in &self.rows {
            for (width, (cell, _)) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let numbers = self.rows.first().map(|row| row.each_ref().map(|(_, look)| *look == Look::Number));
        let numbers = numbers.unwrap_or([false; N]);
        let looks = numbers.map(|number| if number { Look::Number } else { Look::Plain });
        let heading = self.heading.iter().zip(looks);
        let mut out = line(heading.map(|(cell, look)| (*cell, look)), &widths, false);
        for row in &self.rows {
            out.push_str(&line(row.iter().map(|(cell, look)| (cell.as_str(), *look)), &widths, colours));
        }
        out
    }
}

fn line<'a>(cells: impl Iterator<Item = (&'a str, Look)>, widths: &[usize], colours: bool) -> String {
    let cells: Vec<String> = cells
        .zip(widths)
        .map(|((cell, look), width)| match look {
            Look::Number => format!("{cell:>width$}"),
            Look::Good if colours => format!("\x1b[32m{cell:<width$}\x1b[0m"),
            Look::Bad if colours => format!("\x1b[31m{cell:<width$}\x1b[0m"),
            _ => format!("{cell:<width$}"),
        })
        .collect();
    format!("{}\n", cells.join("  ").trim_end())
}
