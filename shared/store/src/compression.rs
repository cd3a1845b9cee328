//! Results above a few hundred bytes are kept as zstd frames; smaller ones gain nothing. Plain ones are JSON, which
//! never begins like a frame.

use crate::error::Error;

const PLAIN_BYTES_MAX: usize = 300;
/// Nothing of ours comes near; a stored frame that claims more is broken.
const EXPANDED_BYTES_MAX: usize = 64 * 1024 * 1024;
const LEVEL: i32 = 3;
/// RFC 8878, 3.1.1.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > PLAIN_BYTES_MAX {
        // Only an allocation can fail here; then the plain bytes are as good.
        zstd::bulk::compress(bytes, LEVEL).unwrap_or_else(|_| bytes.to_vec())
    } else {
        bytes.to_vec()
    }
}

pub(crate) fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if !bytes.starts_with(&FRAME_MAGIC) {
        return Ok(bytes);
    }
    let size = zstd::bulk::Decompressor::upper_bound(&bytes).unwrap_or(EXPANDED_BYTES_MAX);
    zstd::bulk::decompress(&bytes, size.min(EXPANDED_BYTES_MAX)).map_err(|_| Error::Unreadable("result"))
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    #[test]
    fn results_of_every_size_come_back_and_large_ones_are_kept_small() {
        for size in [0, 1, 300, 301, 70_000] {
            let json = format!("[{}]", "12.50,".repeat(size / 6));
            let packed = pack(json.as_bytes());
            assert!(size < 1_000 || packed.len() < json.len() / 50, "{size}");
            assert_eq!(unpack(packed).unwrap(), json.as_bytes());
        }
    }

    #[test]
    fn a_broken_frame_is_an_error() {
        let packed = pack("x".repeat(1_000).as_bytes());
        assert!(unpack(packed[..packed.len() - 1].to_vec()).is_err());
    }
}
