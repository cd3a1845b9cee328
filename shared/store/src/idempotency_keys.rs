//! Keys under which a mutation was done once. The namespace is the user and the mutation.

use domain::digest::Digest;

/// `submitAnalysisRequest`'s namespace.
pub(crate) const SUBMIT: &str = "submit_analysis_request";

/// One digest for one input: every part with its length, so that no two inputs share a text.
pub(crate) fn input_digest(parts: &[&[u8]]) -> Digest {
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let with_lengths: Vec<&[u8]> =
        lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), *part]).collect();
    Digest::of_parts(&with_lengths)
}
