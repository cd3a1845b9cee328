//! A SHA-256 over the whole file, put between its pages and its footer, where Parquet readers never look. The Parquet
//! library asserts what a writer promises, so that damaged bytes must not reach it.

use domain::digest::Digest;

const DIGEST_BYTES: usize = 32;
/// The footer's length, four bytes of it, and the magic.
const TRAILER_BYTES: usize = 8;

/// The file with its seal; `None` where it has no footer.
pub(super) fn put(file: &[u8]) -> Option<Vec<u8>> {
    let (pages, footer) = file.split_at_checked(footer_from(file)?)?;
    let seal = Digest::of_parts(&[pages, footer]);
    Some([pages, seal.as_bytes(), footer].concat())
}

/// Whether the file is, byte for byte, one that `put` sealed.
pub(super) fn holds(file: &[u8]) -> bool {
    let parts = || {
        let (front, footer) = file.split_at_checked(footer_from(file)?)?;
        let (pages, seal) = front.split_at_checked(front.len().checked_sub(DIGEST_BYTES)?)?;
        Some(Digest::of_parts(&[pages, footer]).as_bytes() == seal)
    };
    parts().unwrap_or(false)
}

fn footer_from(file: &[u8]) -> Option<usize> {
    let trailer = file.len().checked_sub(TRAILER_BYTES)?;
    let length: [u8; 4] = file.get(trailer..trailer + 4)?.try_into().ok()?;
    trailer.checked_sub(usize::try_from(u32::from_le_bytes(length)).ok()?)
}
