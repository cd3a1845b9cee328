//! Delayed messages. An analysis has one at most: the wake-up at its deadline, or the expiry of its open question. Their
//! ids are known without keeping them, so that whoever ends the reason can take the message back.

use domain::ids::{AnalysisRequestId, MessageId};
use domain::limits::CLARIFICATIONS_MAX;

use crate::analysis::state::{Phase, State};

/// The message that the state waits for; `None` before it began and after it ended.
pub fn armed(request: AnalysisRequestId, state: &State) -> Option<MessageId> {
    let asked = state.clarifications.len();
    match state.phase {
        Phase::New | Phase::Done { .. } => None,
        Phase::AwaitingClarification => Some(expiry(request, asked)),
        Phase::Planning | Phase::Settling | Phase::Working | Phase::Rendering => {
            Some(wake_up(request, asked))
        }
    }
}

/// Every one that the analysis may ever have armed, for whoever ends it without looking at its state.
pub fn all(request: AnalysisRequestId) -> Vec<MessageId> {
    let wake_ups = (0..=CLARIFICATIONS_MAX).map(|asked| wake_up(request, asked));
    wake_ups.chain((1..=CLARIFICATIONS_MAX).map(|asked| expiry(request, asked))).collect()
}

/// The wake-up at the deadline as it stands after so many questions back.
fn wake_up(request: AnalysisRequestId, asked: usize) -> MessageId {
    id(b"wake-up", request, asked)
}

/// The end of the waiting for the answer to that question.
fn expiry(request: AnalysisRequestId, asked: usize) -> MessageId {
    id(b"expiry", request, asked)
}

fn id(word: &[u8], request: AnalysisRequestId, asked: usize) -> MessageId {
    let asked = u8::try_from(asked).unwrap_or(u8::MAX);
    // The first one has no number: analyses that run already have armed it so.
    let number: &[u8] = if asked == 0 { &[] } else { &[asked] };
    MessageId::of_parts(&[word, request.uuid().as_bytes(), number])
}
