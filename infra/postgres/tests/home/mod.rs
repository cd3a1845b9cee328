//! A home that goes with everything its cluster left elsewhere.

use std::path::{Path, PathBuf};

pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn place(&self) -> PathBuf {
        std::fs::read_to_string(self.path().join("place")).unwrap_or_default().into()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.place());
    }
}
