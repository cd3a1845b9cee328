//! The bulk operations of one store: submitted, running, done; and the files they leave.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// Bulk queries that may run at once for one app and shop.
pub(super) const RUNNING_MAX: usize = 5;
/// Finished operations whose files are kept; older ones expire.
const KEPT_MAX: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    Running,
    Completed,
    Failed,
    Canceled,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }

    const fn is_open(self) -> bool {
        match self {
            Self::Created | Self::Running => true,
            Self::Completed | Self::Failed | Self::Canceled => false,
        }
    }
}

/// One operation as a poll sees it.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) query: String,
    pub(super) status: Status,
    pub(super) created_at: Timestamp,
    pub(super) completed_at: Option<Timestamp>,
    pub(super) objects: i64,
    pub(super) roots: i64,
    pub(super) bytes: i64,
    /// Whoever knows it may download the file, as with Shopify's signed addresses.
    pub(super) signature: String,
    pub(super) file: Option<Arc<File>>,
}

/// What a running operation counts, readable while it runs.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) objects: AtomicI64,
    pub(super) roots: AtomicI64,
    pub(super) is_cancelled: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Operations {
    kept: Mutex<BTreeMap<i64, (Operation, Arc<Progress>)>>,
}

impl Operations {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<i64, (Operation, Arc<Progress>)>> {
        // A panic elsewhere leaves each entry whole: they are only ever replaced.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a new operation; or the numbers of those that must end first.
    pub(super) fn create(
        &self,
        id: i64,
        query: &str,
        now: Timestamp,
        signature: String,
    ) -> Result<Arc<Progress>, Vec<i64>> {
        let mut kept = self.kept();
        let open: Vec<i64> =
            kept.iter().filter(|(_, (operation, _))| operation.status.is_open()).map(|(id, _)| *id).collect();
        if open.len() >= RUNNING_MAX {
            return Err(open);
        }
        while kept.len() >= KEPT_MAX {
            let Some(oldest) = kept.iter().find(|(_, (operation, _))| !operation.status.is_open()) else {
                break;
            };
            let oldest = *oldest.0;
            kept.remove(&oldest);
        }
        let operation = Operation {
            query: query.to_owned(),
            status: Status::Created,
            created_at: now,
            completed_at: None,
            objects: 0,
            roots: 0,
            bytes: 0,
            signature,
            file: None,
        };
        let progress = Arc::new(Progress::default());
        kept.insert(id, (operation, Arc::clone(&progress)));
        Ok(progress)
    }

    pub(super) fn start(&self, id: i64) {
        if let Some((operation, _)) = self.kept().get_mut(&id)
            && operation.status == Status::Created
        {
            operation.status = Status::Running;
        }
    }

    /// Ends an operation: with its file and the file's size, or without one when it failed.
    pub(super) fn finish(&self, id: i64, now: Timestamp, file: Option<(File, i64)>) {
        if let Some((operation, progress)) = self.kept().get_mut(&id)
            && operation.status.is_open()
        {
            operation.completed_at = Some(now);
            operation.objects = progress.objects.load(Ordering::Relaxed);
            operation.roots = progress.roots.load(Ordering::Relaxed);
            match file {
                Some((file, bytes)) => {
                    operation.status = Status::Completed;
                    operation.bytes = bytes;
                    operation.file = Some(Arc::new(file));
                }
                None => operation.status = Status::Failed,
            }
        }
    }

    /// False when it is over already.
    pub(super) fn cancel(&self, id: i64) -> bool {
        match self.kept().get_mut(&id) {
            Some((operation, progress)) if operation.status.is_open() => {
                progress.is_cancelled.store(true, Ordering::Relaxed);
                operation.status = Status::Canceled;
                true
            }
            _ => false,
        }
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.kept().contains_key(&id)
    }

    pub(super) fn latest(&self) -> Option<i64> {
        self.kept().last_key_value().map(|(id, _)| *id)
    }

    pub(super) fn load(&self, id: i64) -> Option<Operation> {
        let kept = self.kept();
        let (operation, progress) = kept.get(&id)?;
        let mut operation = operation.clone();
        if operation.status.is_open() {
            operation.objects = progress.objects.load(Ordering::Relaxed);
            operation.roots = progress.roots.load(Ordering::Relaxed);
        }
        Some(operation)
    }
}
