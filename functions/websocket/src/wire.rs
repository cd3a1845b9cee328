//! The way to a connection that API Gateway holds: two calls, which the SDK makes and tests record.

/// Sends to connections and cuts them.
pub trait Wire: Sync {
    fn post(&self, connection: &str, text: &str) -> impl Future<Output = Result<(), Refused>> + Send;

    fn delete(&self, connection: &str) -> impl Future<Output = Result<(), Refused>> + Send;
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 410: there is no such connection any more.
    Gone,
    /// Throttled, or not reached; it may work in a moment.
    Later,
}
