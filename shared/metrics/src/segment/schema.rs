//! The schemas of the segments, in Parquet's own notation, and how each column is stored.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, Type};

use super::FORMAT_VERSION;
use crate::columns::Dataset;

pub(super) const DATASET_KEY: &str = "alatar.dataset";
pub(super) const VERSION_KEY: &str = "alatar.format_version";

/// Columns that mostly grow from row to row: differences are smaller than a dictionary.
const GROWING: [&str; 7] = [
    "order_id",
    "line_id",
    "refund_id",
    "refund_line_id",
    "product_id",
    "processed_at",
    "order_processed_at",
];

pub(super) fn schema(dataset: Dataset) -> Result<Arc<Type>, ParquetError> {
    Ok(Arc::new(parse_message_type(message(dataset))?))
}

const fn message(dataset: Dataset) -> &'static str {
    match dataset {
        Dataset::Orders => {
            "message orders {
                required int64 order_id;
                required int64 processed_at (timestamp(micros, true));
                optional int64 customer_id;
                optional binary country (string);
                required int64 subtotal;
                required int64 discounts;
                required int64 shipping;
                required int64 tax;
            }"
        }
        Dataset::Lines => {
            "message lines {
                required int64 line_id;
                required int64 order_id;
                optional int64 product_id;
                optional int64 variant_id;
                required int32 quantity;
                required int64 gross;
                required int64 discount;
                required boolean gift_card;
            }"
        }
        Dataset::Returns => {
            "message returns {
                required int64 refund_line_id;
                required int64 refund_id;
                required int64 processed_at (timestamp(micros, true));
                required int64 order_id;
                required int64 order_processed_at (timestamp(micros, true));
                optional int64 customer_id;
                optional binary country (string);
                optional int64 product_id;
                optional int64 variant_id;
                required int32 quantity;
                required int64 subtotal;
                required boolean gift_card;
            }"
        }
        Dataset::Products => {
            "message products {
                required int64 product_id;
                required binary title (string);
                required binary vendor (string);
                required binary product_type (string);
            }"
        }
    }
}

/// Nothing here may vary from build to build: a segment's name is the digest of its bytes.
pub(super) fn properties(dataset: Dataset) -> Result<WriterProperties, ParquetError> {
    let notes = vec![
        KeyValue::new(DATASET_KEY.to_owned(), dataset.name().to_owned()),
        KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string()),
    ];
    let mut properties = WriterProperties::builder()
        .set_created_by("alatar".to_owned())
        .set_key_value_metadata(Some(notes))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    for field in schema(dataset)?.get_fields() {
        // Most products are sold many times over, so that only their own segment has them growing.
        let grows = GROWING.contains(&field.name())
            && (field.name() != "product_id" || matches!(dataset, Dataset::Products));
        if grows {
            let path = ColumnPath::from(field.name());
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(properties.build())
}
