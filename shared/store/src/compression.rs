//! Results above a few hundred bytes are kept as zstd frames; smaller ones gain nothing.
