//! Segments: columns as Parquet bytes that DuckDB and Polars open, the same bytes for the same columns.
//! 0 in memory ("none") is null in the file; times are UTC microseconds; everything else is as in `columns`.

mod read;
mod schema;
mod seal;
mod write;

use parquet::errors::ParquetError;

use crate::columns::{Columns, Dataset, Invalid, Lines, Orders, Products, Returns};

/// Version of the format, kept in the file's key-value metadata. Another version is refused, not guessed at.
pub const FORMAT_VERSION: u32 = 1;
/// Rows of one segment: past this bound a file is not one of ours.
pub const ROWS_MAX: usize = 1 << 24;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The columns do not make a segment: the caller's mistake.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("more than {ROWS_MAX} rows in one segment")]
    TooManyRows,
    /// The bytes are not a segment of this dataset that this program wrote.
    #[error("these bytes are not a segment of {}: {reason}", .expected.name())]
    Foreign { expected: Dataset, reason: String },
    #[error("the Parquet library refused")]
    Parquet(#[from] ParquetError),
}

/// Writes columns as one Parquet file, after `Columns::check`.
pub fn encode(columns: &Columns) -> Result<Vec<u8>, Error> {
    columns.check()?;
    if columns.rows() > ROWS_MAX {
        return Err(Error::TooManyRows);
    }
    let file = write::file(columns)?;
    seal::put(&file).ok_or_else(|| Error::Parquet(ParquetError::General("it wrote no footer".into())))
}

/// Reads what `encode` wrote. Anything else (another dataset, version or schema, damaged bytes, rows out of order) is
/// an error.
pub fn decode(dataset: Dataset, bytes: &[u8]) -> Result<Columns, Error> {
    if !seal::holds(bytes) {
        return Err(Error::Foreign { expected: dataset, reason: "they are damaged or not ours".to_owned() });
    }
    let mut rows = read::Rows::open(dataset, bytes)?;
    let columns = match dataset {
        Dataset::Orders => Columns::Orders(Orders {
            order_id: rows.ints()?,
            processed_at: rows.ints()?,
            customer_id: rows.optional_ints()?,
            country: rows.countries()?,
            subtotal: rows.ints()?,
            discounts: rows.ints()?,
            shipping: rows.ints()?,
            tax: rows.ints()?,
        }),
        Dataset::Lines => Columns::Lines(Lines {
            line_id: rows.ints()?,
            order_id: rows.ints()?,
            product_id: rows.optional_ints()?,
            variant_id: rows.optional_ints()?,
            quantity: rows.small_ints()?,
            gross: rows.ints()?,
            discount: rows.ints()?,
            gift_card: rows.flags()?,
        }),
        Dataset::Returns => Columns::Returns(Returns {
            refund_line_id: rows.ints()?,
            refund_id: rows.ints()?,
            processed_at: rows.ints()?,
            order_id: rows.ints()?,
            order_processed_at: rows.ints()?,
            customer_id: rows.optional_ints()?,
            country: rows.countries()?,
            product_id: rows.optional_ints()?,
            variant_id: rows.optional_ints()?,
            quantity: rows.small_ints()?,
            subtotal: rows.ints()?,
            gift_card: rows.flags()?,
        }),
        Dataset::Products => Columns::Products(Products {
            product_id: rows.ints()?,
            title: rows.texts()?,
            vendor: rows.texts()?,
            product_type: rows.texts()?,
        }),
    };
    match columns.check() {
        Ok(()) => Ok(columns),
        Err(invalid) => Err(Error::Foreign { expected: dataset, reason: invalid.to_string() }),
    }
}
