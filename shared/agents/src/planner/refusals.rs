//! Why a question is not answered, in words that name what can be asked.

use domain::refusal::AnalysisErrorCode;
use metrics::catalogue::{Dimension, Metric, definition};

/// Words of the prompt that are repeated to the merchant, at most.
const WORDS_SHOWN_MAX: usize = 8;
/// Letters of one such word, at most.
const WORD_CHARS_MAX: usize = 40;

/// A typed refusal with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: AnalysisErrorCode,
    pub(super) message: String,
}

pub(super) fn not_understood() -> Refusal {
    unanswerable("The question names nothing that Alatar can compute.")
}

pub(super) fn foreign() -> Refusal {
    unanswerable("Only this store's own orders can be asked about, not other shops or the world outside.")
}

pub(super) fn future() -> Refusal {
    unanswerable("Only the past can be asked about: forecasts are not available yet.")
}

pub(super) fn missing(what: &[&str]) -> Refusal {
    unanswerable(&format!("The question needs {}, which cannot be computed yet.", list(what)))
}

pub(super) fn no_metric_fits() -> Refusal {
    unanswerable("What was asked for cannot be cut or filtered that way.")
}

pub(super) fn no_data(message: String) -> Refusal {
    Refusal { code: AnalysisErrorCode::NoData, message }
}

/// A note on what a question asked for beside what is answered.
pub(super) fn left_out(what: &[&str]) -> String {
    format!("Left out, because it cannot be computed yet: {}.", list(what))
}

/// A note on words that changed nothing, so that nobody believes they did.
pub(super) fn not_used(words: &[String]) -> String {
    let clean = |word: &String| {
        let word: String = word.chars().filter(|c| !c.is_control()).take(WORD_CHARS_MAX).collect();
        format!("\u{201c}{word}\u{201d}")
    };
    let mut shown: Vec<String> = words.iter().take(WORDS_SHOWN_MAX).map(clean).collect();
    if words.len() > shown.len() {
        shown.push("and more".to_owned());
    }
    format!("Not understood, and without effect on this answer: {}.", shown.join(", "))
}

fn unanswerable(cause: &str) -> Refusal {
    Refusal { code: AnalysisErrorCode::Unanswerable, message: format!("{cause} {}", askable()) }
}

/// What can be asked, from the catalogue itself.
fn askable() -> String {
    let metrics: Vec<String> =
        Metric::ALL.iter().map(|metric| definition(*metric).label.to_lowercase()).collect();
    let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
    let dimensions: Vec<String> = Dimension::ALL.iter().map(|it| it.name().replace('_', " ")).collect();
    let dimensions: Vec<&str> = dimensions.iter().map(String::as_str).collect();
    format!(
        "You can ask for {}; in total or by {}; for any period, or for one against another. For example: \
         \u{201c}How did net sales develop by month, and which products sold best?\u{201d}",
        list(&metrics),
        list(&dimensions).replace(" and ", " or "),
    )
}

fn list(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}
