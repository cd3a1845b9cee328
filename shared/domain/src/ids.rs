//! Ids are types. On the wire they say their kind: base64url of `<type>:<uuid>`.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::digest::Digest;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const KIND: &'static str = $kind;

            /// A new id. Version 7: ids made later sort later, which keeps index inserts at one end.
            #[expect(clippy::new_without_default, reason = "a default id would look like a constant and is not one")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The opaque form clients see.
            pub fn opaque(self) -> String {
                BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{}", $kind, self.0))
            }

            /// Reads the opaque form; `None` for anything that is not an id of this kind.
            pub fn from_opaque(text: &str) -> Option<Self> {
                let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
                let (kind, uuid) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
                if kind != $kind {
                    return None;
                }
                Uuid::try_parse(uuid).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}:{}", $kind, self.0)
            }
        }
    };
}

id!(
    /// The merchant, who is the tenant.
    UserId, "user"
);
id!(
    /// From a log-in to its end; access tokens name it.
    SessionId, "session"
);
id!(LinkedAccountId, "linked_account");
id!(AnalysisRequestId, "analysis_request");
id!(AgentTaskId, "agent_task");
id!(ProposedActionId, "proposed_action");
id!(
    /// One queue message; unique in the journal of its analysis.
    MessageId, "message"
);

impl MessageId {
    /// The id of a message that is known without keeping it: the same parts, the same id.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let digest = Digest::of_parts(parts);
        let [first, second] = [0, 8].map(|at| {
            let bytes = digest.as_bytes().iter().skip(at).take(8);
            bytes.fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte))
        });
        Self(Uuid::from_u64_pair(first, second))
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentTaskId, UserId};

    #[test]
    fn an_opaque_id_reads_back_and_refuses_another_kind() {
        let id = UserId::new();
        assert_eq!(UserId::from_opaque(&id.opaque()), Some(id));
        assert_eq!(AgentTaskId::from_opaque(&id.opaque()), None);
        for text in ["", "!", "dXNlcjo", "dXNlcjp4eA"] {
            assert_eq!(UserId::from_opaque(text), None, "{text}");
        }
    }
}
