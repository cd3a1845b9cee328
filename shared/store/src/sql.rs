//! Named statements. Each noun keeps its own as constants; this is the list of all, so that a test can prepare them one
//! by one against the migrated schema.

/// One statement. Its first line is its name, `-- noun.verb`, which the server's own statistics then show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sql(&'static str);

impl Sql {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    pub const fn text(self) -> &'static str {
        self.0
    }

    /// `noun.verb`.
    pub fn name(self) -> &'static str {
        self.0.lines().next().and_then(|line| line.strip_prefix("-- ")).unwrap_or("unnamed")
    }
}
