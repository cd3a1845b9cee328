//! Statuses and the moves between them. A refusal is `None`; no wildcard anywhere, so a new status or move stops the
//! build at every place that must think. The same pairs stand in SQL (`app.legal_moves`).

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in SQL and journals.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn parse(name: &str) -> Option<Self> {
                match name { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisRequestStatus {
    Pending,
    Processing,
    AwaitingClarification,
    Completed,
    Failed,
    Cancelled,
}
words!(AnalysisRequestStatus {
    Pending = "pending",
    Processing = "processing",
    AwaitingClarification = "awaiting_clarification",
    Completed = "completed",
    Failed = "failed",
    Cancelled = "cancelled",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnalysisMove {
    Begin,
    Ask,
    Resume,
    Complete,
    Fail,
    Cancel,
}
words!(AnalysisMove {
    Begin = "begin",
    Ask = "ask",
    Resume = "resume",
    Complete = "complete",
    Fail = "fail",
    Cancel = "cancel",
});

impl AnalysisRequestStatus {
    pub const fn after(self, mv: AnalysisMove) -> Option<Self> {
        use AnalysisMove as M;
        match self {
            Self::Pending => match mv {
                M::Begin => Some(Self::Processing),
                M::Fail => Some(Self::Failed),
                M::Cancel => Some(Self::Cancelled),
                M::Ask | M::Resume | M::Complete => None,
            },
            Self::Processing => match mv {
                M::Ask => Some(Self::AwaitingClarification),
                M::Complete => Some(Self::Completed),
                M::Fail => Some(Self::Failed),
                M::Cancel => Some(Self::Cancelled),
                M::Begin | M::Resume => None,
            },
            Self::AwaitingClarification => match mv {
                M::Resume => Some(Self::Processing),
                M::Fail => Some(Self::Failed),
                M::Cancel => Some(Self::Cancelled),
                M::Begin | M::Ask | M::Complete => None,
            },
            Self::Completed | Self::Failed | Self::Cancelled => match mv {
                M::Begin | M::Ask | M::Resume | M::Complete | M::Fail | M::Cancel => None,
            },
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled => true,
            Self::Pending | Self::Processing | Self::AwaitingClarification => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentTaskStatus {
    Pending,
    Running,
    Retrying,
    Completed,
    Failed,
    Cancelled,
}
words!(AgentTaskStatus {
    Pending = "pending",
    Running = "running",
    Retrying = "retrying",
    Completed = "completed",
    Failed = "failed",
    Cancelled = "cancelled",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskMove {
    Start,
    Complete,
    Retry,
    Fail,
    Cancel,
}
words!(TaskMove { Start = "start", Complete = "complete", Retry = "retry", Fail = "fail", Cancel = "cancel" });

impl AgentTaskStatus {
    pub const fn after(self, mv: TaskMove) -> Option<Self> {
        use TaskMove as M;
        match self {
            Self::Pending | Self::Retrying => match mv {
                M::Start => Some(Self::Running),
                M::Fail => Some(Self::Failed),
                M::Cancel => Some(Self::Cancelled),
                M::Complete | M::Retry => None,
            },
            Self::Running => match mv {
                M::Complete => Some(Self::Completed),
                M::Retry => Some(Self::Retrying),
                M::Fail => Some(Self::Failed),
                M::Cancel => Some(Self::Cancelled),
                M::Start => None,
            },
            Self::Completed | Self::Failed | Self::Cancelled => match mv {
                M::Start | M::Complete | M::Retry | M::Fail | M::Cancel => None,
            },
        }
    }

    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled => true,
            Self::Pending | Self::Running | Self::Retrying => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposedActionStatus {
    Proposed,
    Approved,
    Rejected,
    Expired,
    Executing,
    Executed,
    Failed,
    Undoing,
    Undone,
}
words!(ProposedActionStatus {
    Proposed = "proposed",
    Approved = "approved",
    Rejected = "rejected",
    Expired = "expired",
    Executing = "executing",
    Executed = "executed",
    Failed = "failed",
    Undoing = "undoing",
    Undone = "undone",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionMove {
    Approve,
    Reject,
    Expire,
    Claim,
    Succeed,
    Fail,
    Undo,
    Undone,
    Keep,
}
words!(ActionMove {
    Approve = "approve",
    Reject = "reject",
    Expire = "expire",
    Claim = "claim",
    Succeed = "succeed",
    Fail = "fail",
    Undo = "undo",
    Undone = "undone",
    Keep = "keep",
});

impl ProposedActionStatus {
    pub const fn after(self, mv: ActionMove) -> Option<Self> {
        use ActionMove as M;
        match self {
            Self::Proposed => match mv {
                M::Approve => Some(Self::Approved),
                M::Reject => Some(Self::Rejected),
                M::Expire => Some(Self::Expired),
                M::Claim | M::Succeed | M::Fail | M::Undo | M::Undone | M::Keep => None,
            },
            Self::Approved => match mv {
                M::Claim => Some(Self::Executing),
                M::Expire => Some(Self::Expired),
                M::Fail => Some(Self::Failed),
                M::Approve | M::Reject | M::Succeed | M::Undo | M::Undone | M::Keep => None,
            },
            Self::Executing => match mv {
                M::Succeed => Some(Self::Executed),
                M::Fail => Some(Self::Failed),
                M::Approve | M::Reject | M::Expire | M::Claim | M::Undo | M::Undone | M::Keep => None,
            },
            Self::Executed => match mv {
                M::Undo => Some(Self::Undoing),
                M::Approve
                | M::Reject
                | M::Expire
                | M::Claim
                | M::Succeed
                | M::Fail
                | M::Undone
                | M::Keep => None,
            },
            Self::Undoing => match mv {
                M::Undone => Some(Self::Undone),
                M::Keep => Some(Self::Executed),
                M::Approve | M::Reject | M::Expire | M::Claim | M::Succeed | M::Fail | M::Undo => None,
            },
            Self::Rejected | Self::Expired | Self::Failed | Self::Undone => match mv {
                M::Approve
                | M::Reject
                | M::Expire
                | M::Claim
                | M::Succeed
                | M::Fail
                | M::Undo
                | M::Undone
                | M::Keep => None,
            },
        }
    }
}

/// Every legal move as lines `<noun> <from> <move> <to>`: what SQL must hold, and what is printed for review.
pub fn grid() -> String {
    let mut out = String::new();
    for from in AnalysisRequestStatus::ALL {
        for mv in AnalysisMove::ALL {
            if let Some(to) = from.after(*mv) {
                out.push_str(&format!("analysis_requests {} {} {}\n", from.name(), mv.name(), to.name()));
            }
        }
    }
    for from in AgentTaskStatus::ALL {
        for mv in TaskMove::ALL {
            if let Some(to) = from.after(*mv) {
                out.push_str(&format!("agent_tasks {} {} {}\n", from.name(), mv.name(), to.name()));
            }
        }
    }
    for from in ProposedActionStatus::ALL {
        for mv in ActionMove::ALL {
            if let Some(to) = from.after(*mv) {
                out.push_str(&format!("proposed_actions {} {} {}\n", from.name(), mv.name(), to.name()));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_grid_is_what_the_code_allows() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/moves.txt");
        let committed = std::fs::read_to_string(path).unwrap();
        assert_eq!(committed, super::grid(), "run `make generate`");
    }
}
