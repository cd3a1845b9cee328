//! A question back to the merchant, what it is about, and which answers it takes.

use domain::ids::LinkedAccountId;
use domain::limits::{ANSWER_CHARS_MAX, CLARIFICATION_DAYS_MAX};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clarification {
    pub question: String,
    /// Where there are some, the answer is one of them.
    pub options: Vec<String>,
    pub about: About,
    pub asked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// What the answer decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Which store is meant: one account for each option, in their order.
    Store { accounts: Vec<LinkedAccountId> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of options, the option as it was spelled.
    pub text: String,
    pub at: Timestamp,
}

impl Clarification {
    pub(super) fn new(at: Timestamp, question: &str, options: &[String], about: &About) -> Self {
        Self {
            question: question.to_owned(),
            options: options.to_vec(),
            about: about.clone(),
            asked_at: at,
            answer: None,
        }
    }

    /// When the question stops waiting; `None` beyond the end of the calendar.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.asked_at.checked_add(SignedDuration::from_hours(24 * CLARIFICATION_DAYS_MAX)).ok()
    }

    /// Whether it is too late for an answer.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_none_or(|at| at <= now)
    }

    /// The answer as it counts, where this is one: the option that is meant, whatever its case and the space around it, or
    /// any text where there are no options.
    pub fn accept(&self, answer: &str) -> Option<String> {
        let trimmed = answer.trim();
        if trimmed.is_empty() || answer.chars().count() > ANSWER_CHARS_MAX || answer.contains('\0') {
            return None;
        }
        if self.options.is_empty() {
            return Some(trimmed.to_owned());
        }
        let wanted = folded(trimmed);
        self.options.iter().find(|option| folded(option) == wanted).cloned()
    }

    /// How long the analysis waited; `None` while it waits.
    pub(super) fn waited(&self) -> Option<SignedDuration> {
        Some(self.answer.as_ref()?.at.duration_since(self.asked_at).max(SignedDuration::ZERO))
    }

    pub(super) fn chosen_account(&self) -> Option<LinkedAccountId> {
        let answer = self.answer.as_ref()?;
        let chosen = self.options.iter().position(|option| *option == answer.text)?;
        match &self.about {
            About::Store { accounts } => accounts.get(chosen).copied(),
        }
    }
}

/// Upper case first: it brings together what lower case alone keeps apart.
fn folded(text: &str) -> String {
    text.trim().to_uppercase().to_lowercase()
}
