//! What is being done, on standard error: one moving line on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);

/// Cheap to clone; all clones write the same line.
#[derive(Clone)]
pub enum Progress {
    Silent,
    Lines(Arc<Mutex<String>>),
    Bar(ProgressBar),
}

impl Progress {
    /// A moving line on a terminal, plain lines otherwise.
    pub fn on_standard_error() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines(Arc::default());
        }
        let bar = ProgressBar::new(100);
        if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:24}] {elapsed:>4} {wide_msg}") {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    /// Says what is being done now; the same words twice in a row are said once.
    pub fn say(&self, step: &str) {
        match self {
            Self::Silent => {}
            Self::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != step {
                    eprintln!("{step}");
                    step.clone_into(&mut last);
                }
            }
            Self::Bar(bar) => bar.set_message(step.to_owned()),
        }
    }

    /// How much of the whole is done, from 0 to 1.
    pub fn reach(&self, share: f64) {
        match self {
            Self::Silent | Self::Lines(_) => {}
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
            Self::Bar(bar) => bar.set_position((share.clamp(0.0, 1.0) * 100.0) as u64),
        }
    }

    /// Takes the moving line away.
    pub fn end(&self) {
        match self {
            Self::Silent | Self::Lines(_) => {}
            Self::Bar(bar) => bar.finish_and_clear(),
        }
    }
}
