//! Documents that have been found good, by their text: the next request with the same one is spared parsing and
//! validation. What depends on variables is checked every time.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_graphql::parser::types::ExecutableDocument;

/// Bytes of all texts kept; a parsed document takes some twenty times its text. Past it everything goes: clients ask
/// with few documents, and whoever makes up new ones pays with nothing but the work that this spares others.
const KEPT_BYTES_MAX: usize = 256 * 1024;

static OF_THIS_PROCESS: LazyLock<Kept> = LazyLock::new(Kept::default);

/// A document as it is executed: valid, within every bound of its text.
pub(crate) type Good = Arc<ExecutableDocument>;

#[derive(Default)]
struct Kept(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    bytes: usize,
    by_text: HashMap<Arc<str>, Good>,
}

/// The document of this text, if it was found good before.
pub(crate) fn find(text: &str) -> Option<Good> {
    OF_THIS_PROCESS.find(text)
}

/// Keeps a document that was found good.
pub(crate) fn keep(text: &str, document: &Good) {
    OF_THIS_PROCESS.keep(text, document);
}

impl Kept {
    fn find(&self, text: &str) -> Option<Good> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(text).cloned()
    }

    fn keep(&self, text: &str, document: &Good) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.by_text.contains_key(text) {
            return;
        }
        if shelf.bytes + text.len() > KEPT_BYTES_MAX {
            *shelf = Shelf::default();
        }
        shelf.bytes += text.len();
        shelf.by_text.insert(text.into(), Arc::clone(document));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::parser::parse_query;

    use super::{KEPT_BYTES_MAX, Kept};

    #[test]
    fn a_document_is_found_by_its_whole_text_and_all_of_them_stay_within_the_bound() {
        let kept = Kept::default();
        let document = Arc::new(parse_query("{ me { id } }").unwrap());
        kept.keep("{ me { id } }", &document);
        assert!(kept.find("{ me { id } }").is_some_and(|found| Arc::ptr_eq(&found, &document)));
        assert!(kept.find("{ me { id }").is_none());
        for number in 0..1_000 {
            kept.keep(&format!("{{ me {{ id }} }} # {number:01000}"), &document);
            let shelf = kept.0.lock().unwrap();
            let bytes: usize = shelf.by_text.keys().map(|text| text.len()).sum();
            assert_eq!(shelf.bytes, bytes);
            assert!(bytes <= KEPT_BYTES_MAX);
        }
        assert!(kept.find("{ me { id } }").is_none(), "it went with all others");
    }
}
