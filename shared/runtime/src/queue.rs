//! The way out: messages that a commit wrote into the outbox, handed on after it.

use domain::ids::MessageId;
use store::outbox::Outgoing;

use crate::relay;

/// Where messages go. A closed set: SQS on AWS, the relay in this process elsewhere.
#[derive(Clone)]
pub enum Queue {
    Local(relay::Handle),
    #[cfg(feature = "aws")]
    Sqs(crate::sqs::send::Sender),
}

impl Queue {
    /// Hands on what was just committed. Nothing is lost where this fails: the rows stay in the outbox, and the sweep
    /// finds them when their lease ends.
    pub async fn send(&self, messages: Vec<Outgoing>) {
        if messages.is_empty() {
            return;
        }
        match self {
            Self::Local(relay) => relay.hand_over(messages),
            #[cfg(feature = "aws")]
            Self::Sqs(sender) => sender.send(messages).await,
        }
    }

    /// Takes back messages that wait for their time and have lost their meaning. Locally they leave the outbox; SQS
    /// delivers what it has, which does no harm.
    pub async fn forget(&self, messages: Vec<MessageId>) {
        if messages.is_empty() {
            return;
        }
        match self {
            Self::Local(relay) => relay.forget(messages),
            #[cfg(feature = "aws")]
            Self::Sqs(_) => {}
        }
    }

    /// Says why a message can never be handled. Locally it becomes a dead letter with this reason at once; on SQS it
    /// stays an item failure until the queue's redrive moves it, and the reason stands in the log.
    pub(crate) fn refuse(&self, message: &str, reason: &'static str) {
        match self {
            Self::Local(relay) => {
                if let Ok(id) = message.parse() {
                    relay.refuse(MessageId::from_uuid(id), reason);
                }
            }
            #[cfg(feature = "aws")]
            Self::Sqs(_) => {}
        }
    }
}
