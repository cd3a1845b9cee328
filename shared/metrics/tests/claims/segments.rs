//! Segments come back as they were written, and nothing else comes in.

use std::path::Path;

use metrics::columns::{Columns, Dataset, Invalid, Products};
use metrics::segment::{Error, decode, encode};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use crate::cases::store;
use crate::stores::stores;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_written_reads_back_from_the_same_bytes(store in stores()) {
        for (dataset, columns) in store.segments() {
            let bytes = encode(&columns).unwrap();
            prop_assert_eq!(&encode(&columns).unwrap(), &bytes);
            prop_assert_eq!(&decode(dataset, &bytes).unwrap(), columns.as_ref());
        }
    }

    #[test]
    fn bytes_of_no_segment_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut framed = b"PAR1".to_vec();
        framed.extend(&bytes);
        framed.extend((bytes.len() as u32).to_le_bytes());
        framed.extend(b"PAR1");
        for dataset in Dataset::ALL {
            prop_assert_eq!(foreign(dataset, &bytes), None);
            prop_assert_eq!(foreign(dataset, &framed), None);
        }
    }
}

/// Columns that came out of bytes in which there were none.
fn foreign(dataset: Dataset, bytes: &[u8]) -> Option<Columns> {
    match decode(dataset, bytes) {
        Err(Error::Foreign { expected, .. }) if expected == dataset => None,
        Err(other) => panic!("{other:?}"),
        Ok(columns) => Some(columns),
    }
}

#[test]
fn damage_to_any_byte_is_noticed() {
    for (dataset, columns) in store().segments() {
        let bytes = encode(&columns).unwrap();
        for place in 0..bytes.len() {
            assert_eq!(foreign(dataset, &bytes[..place]), None, "cut at {place}");
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            assert_eq!(foreign(dataset, &damaged), None, "damaged at {place}");
        }
    }
}

#[test]
fn a_segment_of_another_dataset_is_refused() {
    for (held, columns) in store().segments() {
        let bytes = encode(&columns).unwrap();
        for expected in Dataset::ALL.into_iter().filter(|it| *it != held) {
            assert_eq!(foreign(expected, &bytes), None);
        }
    }
}

#[test]
fn columns_that_make_no_segment_are_not_written() {
    let product = |ids: &[i64], titles: usize| {
        Columns::Products(Products {
            product_id: ids.to_vec(),
            title: vec!["Lamp".to_owned(); titles],
            vendor: vec![String::new(); titles],
            product_type: vec![String::new(); titles],
        })
    };
    let refused = |columns: &Columns| match encode(columns) {
        Err(Error::Invalid(invalid)) => Some(invalid),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&product(&[1, 2], 1)), Some(Invalid::Lengths(Dataset::Products)));
    let unsorted = Some(Invalid::Order { dataset: Dataset::Products, row: 1 });
    assert_eq!(refused(&product(&[2, 1], 2)), unsorted);
    assert_eq!(refused(&product(&[1, 1], 2)), unsorted);
}

#[test]
fn the_first_format_reads_for_ever() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/segments/v1");
    for dataset in Dataset::ALL {
        let bytes = std::fs::read(folder.join(format!("{}.parquet", dataset.name()))).unwrap();
        let segments = store().segments();
        let latest = segments.iter().find(|(it, _)| *it == dataset).unwrap();
        assert_eq!(&decode(dataset, &bytes).unwrap(), latest.1.as_ref());
    }
}
