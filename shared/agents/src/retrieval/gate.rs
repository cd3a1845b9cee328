//! One load of an account at a time in this process. Two at once would do no harm, only the same work twice.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use domain::ids::LinkedAccountId;

type Doors = HashMap<LinkedAccountId, Arc<tokio::sync::Mutex<()>>>;

static DOORS: LazyLock<Mutex<Doors>> = LazyLock::new(Mutex::default);

/// Held while an account is being loaded.
pub(super) struct Turn {
    _inside: tokio::sync::OwnedMutexGuard<()>,
}

pub(super) async fn enter(account: LinkedAccountId) -> Turn {
    let door = {
        let mut doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
        // A door that nobody holds or waits at is only in this map.
        doors.retain(|_, door| Arc::strong_count(door) > 1);
        Arc::clone(doors.entry(account).or_default())
    };
    Turn { _inside: door.lock_owned().await }
}
